/** The nuclio that a CVAT version brings; `nuctl` has to be of the same version. */
export interface CvatRelease {
  /** First CVAT version, as 2.NN. */
  readonly from: string;
  readonly to: string;
  readonly nuclio: string;
}

export const cvatReleases: readonly CvatRelease[] = Object.freeze([
  { from: '2.52', to: 'later', nuclio: '1.15.9' },
  { from: '2.13', to: '2.51', nuclio: '1.13.0' },
  { from: '2.6', to: '2.12', nuclio: '1.11.24' },
  { from: '2.3', to: '2.5', nuclio: '1.8.14' },
]);

/** The release line a version belongs to; the newest one where the version is not known. */
export function cvatRelease(version?: string): CvatRelease {
  const match = /^v?2\.(\d+)/.exec(version ?? '');
  const minor = match === null ? Number.POSITIVE_INFINITY : Number(match[1]);
  return cvatReleases.find(({ from }) => minor >= Number(from.slice(2))) ?? cvatReleases[cvatReleases.length - 1];
}
