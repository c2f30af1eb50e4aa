import { ClickmaskError } from '../errors/index.js';
import { clickmaskFamily } from './clickmask/index.js';
import type { ModelFamily } from './family.js';
import { fcanetFamily } from './fcanet/index.js';
import { focalclickFamily } from './focalclick/index.js';
import { isegmFamily } from './isegm/index.js';
import { samFamily } from './sam/index.js';
import { sam2Family } from './sam2/index.js';
import { segnextFamily } from './segnext/index.js';

/**
 * The model families of Clickmask. Pass `families: [...families, mine]` to `createSegmenter` to add your own.
 *
 * @example
 * ```ts
 * import { families } from '@clickmask/core/models';
 *
 * console.log(families.some((family) => family.name === 'clickmask')); // true
 * ```
 */
export const families: readonly ModelFamily[] = Object.freeze([
  clickmaskFamily,
  isegmFamily,
  fcanetFamily,
  focalclickFamily,
  samFamily,
  sam2Family,
  segnextFamily,
]);

/** @throws ClickmaskError `bad-model` with the names of the known families */
export function findFamily(name: string, known: readonly ModelFamily[]): ModelFamily {
  const family = known.find((candidate) => candidate.name === name);
  if (family === undefined) {
    const names = known.map((candidate) => candidate.name).join(', ');
    const message = `Expected a known model family but found '${name}'. Known: ${names}. A newer version may know it.`;
    throw new ClickmaskError('bad-model', message, { details: { family: name } });
  }
  return family;
}
