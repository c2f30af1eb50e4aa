import type { Connectivity } from './checks.js';
import { connectedComponents, selectComponents } from './components.js';
import { type MaskRuns, runAt } from './mask-runs.js';

/**
 * The connected part of a mask that holds a pixel; null if the pixel is not set.
 *
 * @throws ClickmaskError `bad-option` if the connectivity is neither 4 nor 8
 *
 * @example
 * ```ts
 * import { area, runsFromMask } from '@clickmask/core';
 * import { partAt } from '@clickmask/core/masks';
 *
 * const runs = runsFromMask({ width: 5, height: 1, data: new Uint8Array([1, 1, 0, 1, 0]) });
 * const part = partAt(runs, 1, 0);
 * console.log(part && area(part), partAt(runs, 2, 0)); // 2 null
 * ```
 */
export function partAt(runs: MaskRuns, column: number, row: number, connectivity: Connectivity = 8): MaskRuns | null {
  const components = connectedComponents(runs, connectivity);
  const run = runAt(runs, column, row);
  if (run < 0) return null;
  const kept = new Uint8Array(components.count);
  kept[components.labels[run]] = 1;
  return selectComponents(runs, components, kept);
}
