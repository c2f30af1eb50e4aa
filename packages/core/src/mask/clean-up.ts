import { expectInteger } from '../errors/index.js';
import { complement, difference, union } from './boolean.js';
import { type Connectivity, checkConnectivity } from './checks.js';
import { connectedComponents, keepComponents, selectComponents } from './components.js';
import type { MaskRuns } from './mask-runs.js';
import { partAt } from './part-at.js';

/**
 * Fills holes: parts of the background that do not reach the image's edge. The background has the opposite connectivity
 * of the foreground (4 for an 8-connected foreground, and vice versa).
 *
 * @param maxArea - holes of up to this many pixels are filled; Infinity (default) fills all
 * @param connectivity - of the foreground, default 8
 * @param open - pixels whose holes are not filled
 * @throws ClickmaskError `bad-option`
 *
 * @example
 * ```ts
 * import { area, runsFromMask } from '@clickmask/core';
 * import { fillHoles } from '@clickmask/core/masks';
 *
 * const ring = runsFromMask({ width: 3, height: 3, data: new Uint8Array([1, 1, 1, 1, 0, 1, 1, 1, 1]) });
 * console.log(area(fillHoles(ring))); // 9
 * ```
 */
export function fillHoles(
  runs: MaskRuns,
  maxArea: number = Number.POSITIVE_INFINITY,
  connectivity: Connectivity = 8,
  open: readonly { readonly column: number; readonly row: number }[] = [],
): MaskRuns {
  checkConnectivity(connectivity);
  checkArea('maxArea', maxArea);
  const { width, height } = runs;
  const background = connectivity === 8 ? 4 : 8;
  let holes = keepComponents(
    complement(runs),
    ({ area, bounds }) =>
      area <= maxArea &&
      bounds.x > 0 &&
      bounds.y > 0 &&
      bounds.x + bounds.width < width &&
      bounds.y + bounds.height < height,
    background,
  );
  for (const { column, row } of open) {
    const hole = partAt(holes, column, row, background);
    if (hole !== null) holes = difference(holes, hole);
  }
  return holes.spans.length === 0 ? runs : union(runs, holes);
}

/**
 * Removes connected parts below a number of pixels.
 *
 * @param minArea - parts with fewer pixels are removed
 * @param connectivity - default 8
 * @throws ClickmaskError `bad-option`
 *
 * @example
 * ```ts
 * import { area, runsFromMask } from '@clickmask/core';
 * import { removeSpecks } from '@clickmask/core/masks';
 *
 * const runs = runsFromMask({ width: 4, height: 1, data: new Uint8Array([1, 1, 0, 1]) });
 * console.log(area(removeSpecks(runs, 2))); // 2
 * ```
 */
export function removeSpecks(runs: MaskRuns, minArea: number, connectivity: Connectivity = 8): MaskRuns {
  checkArea('minArea', minArea);
  return keepComponents(runs, ({ area }) => area >= minArea, connectivity);
}

/**
 * Keeps the connected part with the most pixels. Among equals, the one whose first pixel comes first, row by row.
 *
 * @param connectivity - default 8
 * @throws ClickmaskError `bad-option`
 *
 * @example
 * ```ts
 * import { bounds, runsFromMask } from '@clickmask/core';
 * import { largestPart } from '@clickmask/core/masks';
 *
 * const runs = runsFromMask({ width: 4, height: 1, data: new Uint8Array([1, 0, 1, 1]) });
 * console.log(bounds(largestPart(runs))); // { x: 2, y: 0, width: 2, height: 1 }
 * ```
 */
export function largestPart(runs: MaskRuns, connectivity: Connectivity = 8): MaskRuns {
  const components = connectedComponents(runs, connectivity);
  if (components.count < 2) return runs;
  let best = 0;
  for (let i = 1; i < components.count; i++) if (components.areas[i] > components.areas[best]) best = i;
  const kept = new Uint8Array(components.count);
  kept[best] = 1;
  return selectComponents(runs, components, kept);
}

function checkArea(name: string, value: number): void {
  if (value !== Number.POSITIVE_INFINITY) expectInteger('bad-option', name, value, 0);
}
