import type { ReplyFormat } from '../replies/index.js';

/** What the releases from a version on have in common, until the next line of {@link cvatReleases}. */
export interface CvatRelease {
  /** The first of them. */
  readonly from: string;
  /** Their nuclio version. `nuctl` must have the same one. */
  readonly nuclio: string;
  /** The forms of reply that their user interface reads, the smallest last. */
  readonly replies: readonly ReplyFormat[];
}

/**
 * CVAT's releases, newest first. 2.60 added `shapes`, also the form of its agents. Since then, a `mask` always means
 * the whole frame, so `bounds` would put it in the wrong place.
 */
export const cvatReleases: readonly CvatRelease[] = Object.freeze([
  { from: '2.69', nuclio: '1.16.3', replies: ['mask', 'shapes'] },
  { from: '2.60', nuclio: '1.15.9', replies: ['mask', 'shapes'] },
  { from: '2.52', nuclio: '1.15.9', replies: ['mask', 'mask-bounds'] },
  { from: '2.13', nuclio: '1.13.0', replies: ['mask', 'mask-bounds'] },
  { from: '2.7', nuclio: '1.11.24', replies: ['mask', 'mask-bounds'] },
  { from: '2.6', nuclio: '1.11.24', replies: ['mask'] },
  { from: '2.3', nuclio: '1.8.14', replies: ['mask'] },
]);

/** Rows of a table of all releases: versions, nuclio, smallest reply. */
export function releaseRows(): readonly (readonly [string, string, ReplyFormat])[] {
  return cvatReleases.map(({ from, nuclio, replies }, i) => {
    const next = i === 0 ? null : Number(cvatReleases[i - 1].from.slice(2)) - 1;
    const range = next === null ? `${from} and later` : `2.${next}` === from ? from : `${from} to 2.${next}`;
    return [range, nuclio, replies[replies.length - 1]];
  });
}

/** The line of a version; null before 2.3, and if the text is not a version (`develop`). */
export function cvatRelease(version: string): CvatRelease | null {
  return cvatReleases.find(({ from }) => isFrom(version, from)) ?? null;
}

/** Whether a version is at least a given one. False if the text is not a version. */
export function isFrom(version: string, first: string): boolean {
  const numbers = versionNumbers(version);
  const least = versionNumbers(first);
  if (numbers === null || least === null) return false;
  const at = least.findIndex((one, i) => one !== numbers[i]);
  return at === -1 || numbers[at] > least[at];
}

/** Whether a text begins with a major and a minor number. */
export function isVersion(text: string): boolean {
  return versionNumbers(text) !== null;
}

function versionNumbers(text: string): readonly number[] | null {
  const match = /^v?(\d{1,6})\.(\d{1,6})(?:\.(\d{1,6}))?/.exec(text.trim());
  return match === null ? null : [Number(match[1]), Number(match[2]), Number(match[3] ?? 0)];
}

/**
 * The smallest reply that a CVAT version is known to read. For unknown versions, and texts that are not a version, it
 * is `mask`, which all of them read.
 *
 * @param version - as returned by `GET /api/server/about`, such as `2.54.1-alpha`
 *
 * @example
 * ```ts
 * import { replyFormatFor } from '@clickmask/cvat-serverless';
 *
 * console.log(replyFormatFor('2.41.0')); // mask-bounds
 * console.log(replyFormatFor('2.59.1')); // mask-bounds
 * console.log(replyFormatFor('2.60.0')); // shapes
 * ```
 */
export function replyFormatFor(version: string): ReplyFormat {
  return cvatRelease(version)?.replies.at(-1) ?? 'mask';
}
