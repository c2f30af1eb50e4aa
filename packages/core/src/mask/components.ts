import type { Rect } from '../geometry/index.js';
import { type Connectivity, checkConnectivity } from './checks.js';
import { type MaskRuns, RunBuilder } from './mask-runs.js';

/** The connected parts of a mask, numbered from 0 in the order of their first pixel (row by row). */
export interface Components {
  readonly count: number;
  /** The part of each run, in the order of the runs. */
  readonly labels: Uint32Array;
  /** Pixels of each part. */
  readonly areas: Uint32Array;
  /** Four values per part: first column, first row, column after the last, row after the last. */
  readonly boxes: Uint32Array;
}

/** One connected part. */
export interface Component {
  readonly index: number;
  /** In pixels. */
  readonly area: number;
  readonly bounds: Rect;
}

/**
 * Finds the connected parts of a mask by joining runs of neighbouring rows (union-find).
 *
 * @param connectivity - 8 (default) joins pixels that touch at a corner, 4 only those that share a side
 * @throws ClickmaskError `bad-option` if the connectivity is neither 4 nor 8
 *
 * @example
 * ```ts
 * import { runsFromMask } from '@clickmask/core';
 * import { connectedComponents } from '@clickmask/core/masks';
 *
 * const runs = runsFromMask({ width: 2, height: 2, data: new Uint8Array([1, 0, 0, 1]) });
 * console.log(connectedComponents(runs, 8).count, connectedComponents(runs, 4).count); // 1 2
 * ```
 */
export function connectedComponents(runs: MaskRuns, connectivity: Connectivity = 8): Components {
  checkConnectivity(connectivity);
  const { height, rows, spans } = runs;
  const count = spans.length >> 1;
  const parents = new Uint32Array(count);
  for (let i = 0; i < count; i++) parents[i] = i;
  const root = (run: number): number => {
    let at = run;
    while (parents[at] !== at) {
      parents[at] = parents[parents[at]];
      at = parents[at];
    }
    return at;
  };
  const reach = connectivity === 8 ? 1 : 0;
  for (let y = 1; y < height; y++) {
    let above = rows[y - 1];
    let here = rows[y];
    while (above < rows[y] && here < rows[y + 1]) {
      const aboveEnd = spans[2 * above + 1];
      const hereEnd = spans[2 * here + 1];
      if (spans[2 * above] < hereEnd + reach && spans[2 * here] < aboveEnd + reach) {
        const a = root(above);
        const b = root(here);
        // The smaller index stays the root, so a part is named after its first run.
        if (a < b) parents[b] = a;
        else parents[a] = b;
      }
      if (aboveEnd < hereEnd) above++;
      else here++;
    }
  }
  return measure(runs, parents);
}

function measure({ height, rows, spans }: MaskRuns, parents: Uint32Array): Components {
  const labels = new Uint32Array(parents.length);
  let count = 0;
  // A parent always precedes its children, so one pass in order settles every label.
  for (let i = 0; i < parents.length; i++) labels[i] = parents[i] === i ? count++ : labels[parents[i]];
  const areas = new Uint32Array(count);
  const boxes = new Uint32Array(count * 4);
  for (let y = 0; y < height; y++) {
    for (let i = rows[y]; i < rows[y + 1]; i++) {
      const start = spans[2 * i];
      const end = spans[2 * i + 1];
      const box = labels[i] * 4;
      if (areas[labels[i]] === 0) {
        boxes[box] = start;
        boxes[box + 1] = y;
      } else if (start < boxes[box]) boxes[box] = start;
      if (end > boxes[box + 2]) boxes[box + 2] = end;
      boxes[box + 3] = y + 1;
      areas[labels[i]] += end - start;
    }
  }
  return { count, labels, areas, boxes };
}

/** Area and bounds of one part. */
export function componentAt(components: Components, index: number): Component {
  const [left, top, right, bottom] = components.boxes.subarray(4 * index, 4 * index + 4);
  return {
    index,
    area: components.areas[index],
    bounds: { x: left, y: top, width: right - left, height: bottom - top },
  };
}

/**
 * Keeps the connected parts that a predicate accepts.
 *
 * @throws ClickmaskError `bad-option` if the connectivity is neither 4 nor 8
 *
 * @example
 * ```ts
 * import { area, runsFromMask } from '@clickmask/core';
 * import { keepComponents } from '@clickmask/core/masks';
 *
 * const runs = runsFromMask({ width: 4, height: 1, data: new Uint8Array([1, 1, 0, 1]) });
 * console.log(area(keepComponents(runs, (part) => part.area > 1))); // 2
 * ```
 */
export function keepComponents(
  runs: MaskRuns,
  predicate: (component: Component) => boolean,
  connectivity: Connectivity = 8,
): MaskRuns {
  const components = connectedComponents(runs, connectivity);
  const kept = new Uint8Array(components.count);
  for (let i = 0; i < components.count; i++) kept[i] = predicate(componentAt(components, i)) ? 1 : 0;
  return selectComponents(runs, components, kept);
}

/** The runs of the parts whose flag is not 0. Returns the same object if all are kept. */
export function selectComponents(runs: MaskRuns, components: Components, kept: Uint8Array): MaskRuns {
  if (!kept.includes(0)) return runs;
  const builder = new RunBuilder(runs);
  for (let y = 0; y < runs.height; y++) {
    for (let i = runs.rows[y]; i < runs.rows[y + 1]; i++) {
      if (kept[components.labels[i]] !== 0) builder.add(y, runs.spans[2 * i], runs.spans[2 * i + 1]);
    }
  }
  return builder.finish();
}
