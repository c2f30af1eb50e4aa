import { expectInteger } from '../errors/index.js';
import { difference, union } from './boolean.js';
import { type Connectivity, checkConnectivity } from './checks.js';
import { connectedComponents, keepComponents, selectComponents } from './components.js';
import { type MaskRuns, RunBuilder } from './mask-runs.js';
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
  const background = connectivity === 8 ? 4 : 8;
  let holes = holesOf(runs, maxArea, background);
  for (const { column, row } of open) {
    const hole = partAt(holes, column, row, background);
    if (hole !== null) holes = difference(holes, hole);
  }
  return holes.spans.length === 0 ? runs : union(runs, holes);
}

/**
 * Holes lie in the gaps between the runs of a row, since what lies before the first run and after the last reaches the
 * edge. Most masks have few gaps.
 */
function holesOf(runs: MaskRuns, maxArea: number, connectivity: Connectivity): MaskRuns {
  const { height, rows, spans } = runs;
  const gaps = gapsOf(runs);
  const parts = connectedComponents(gaps, connectivity);
  const kept = Uint8Array.from(parts.areas, (area) => (area <= maxArea ? 1 : 0));
  const reach = connectivity === 8 ? 1 : 0;
  const opens = (start: number, end: number, y: number) =>
    y < 0 ||
    y === height ||
    rows[y] === rows[y + 1] ||
    start < spans[2 * rows[y]] + reach ||
    end + reach > spans[2 * rows[y + 1] - 1];
  for (let y = 0; y < height; y++) {
    for (let i = gaps.rows[y]; i < gaps.rows[y + 1]; i++) {
      const [start, end] = [gaps.spans[2 * i], gaps.spans[2 * i + 1]];
      if (opens(start, end, y - 1) || opens(start, end, y + 1)) kept[parts.labels[i]] = 0;
    }
  }
  return selectComponents(gaps, parts, kept);
}

function gapsOf(runs: MaskRuns): MaskRuns {
  const { height, rows, spans } = runs;
  const builder = new RunBuilder(runs);
  for (let y = 0; y < height; y++) {
    for (let i = 2 * rows[y]; i + 2 < 2 * rows[y + 1]; i += 2) builder.add(y, spans[i + 1], spans[i + 2]);
  }
  return builder.finish();
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
