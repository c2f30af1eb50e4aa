import { type Click, clickPixel } from '../clicks/index.js';
import { type Mask, type MaskRuns, RunBuilder, toRuns } from '../mask/index.js';
import { type SquaredDistances, squaredDistances } from './distance-transform.js';
import { checkSameSize, type GroundTruth, ignoreLabel } from './ground-truth.js';

/**
 * The next click by the field's evaluation protocol: the pixel deepest inside the larger error.
 *
 * Missed object pixels and wrongly set pixels are measured separately, each by the exact Euclidean distance to the
 * nearest pixel outside that error, with the image's border counted as outside. Ignored pixels are not errors. Pixels
 * clicked before count as 0 after the distances are computed. The deepest pixel wins; among equals, the first in
 * row-major order. A missed pixel wins only if it is strictly deeper than the deepest wrongly set one.
 *
 * @param clicks - earlier clicks, in image px
 * @returns the centre of the pixel, in image px; null if every error was clicked, as for a perfect mask
 * @throws ClickmaskError `bad-dataset` if prediction and ground truth differ in size
 *
 * @example
 * ```ts
 * import { nextClick } from '@clickmask/core/evaluation';
 *
 * const truth = { width: 3, height: 3, data: new Uint8Array(9).fill(1) };
 * const nothing = { width: 3, height: 3, data: new Uint8Array(9) };
 * console.log(nextClick(truth, nothing, [])); // { x: 1.5, y: 1.5, label: 'positive' }
 * ```
 */
export function nextClick(truth: GroundTruth, prediction: Mask | MaskRuns, clicks: readonly Click[]): Click | null {
  const { missed, extra } = errorRuns(truth, toRuns(prediction));
  const clicked = new Set<number>();
  for (const click of clicks) {
    const { column, row } = clickPixel(click, truth);
    clicked.add(row * truth.width + column);
  }
  const deepestMissed = deepest(missed, squaredDistances(missed), clicked);
  const deepestExtra = deepest(extra, squaredDistances(extra), clicked);
  const positive = deepestMissed.depth > deepestExtra.depth;
  const { depth, index } = positive ? deepestMissed : deepestExtra;
  if (depth === 0) return null;
  const row = Math.floor(index / truth.width);
  return { x: index - row * truth.width + 0.5, y: row + 0.5, label: positive ? 'positive' : 'negative' };
}

function deepest(runs: MaskRuns, distances: SquaredDistances, clicked: ReadonlySet<number>) {
  const { width, height, rows, spans } = runs;
  let depth = 0;
  let index = -1;
  for (let y = 0; y < height; y++) {
    for (let i = rows[y]; i < rows[y + 1]; i++) {
      const end = y * width + spans[2 * i + 1];
      for (let p = y * width + spans[2 * i]; p < end; p++) {
        if (distances.data[p] > depth && !clicked.has(p)) {
          depth = distances.data[p];
          index = p;
        }
      }
    }
  }
  return { depth, index };
}

/** The prediction's errors: missed object pixels, and wrongly set background pixels. */
function errorRuns(truth: GroundTruth, prediction: MaskRuns): { readonly missed: MaskRuns; readonly extra: MaskRuns } {
  checkSameSize(truth, prediction);
  const { width, height, data } = truth;
  const { rows, spans } = prediction;
  const missed = new RunBuilder(truth);
  const extra = new RunBuilder(truth);
  const collect = (builder: RunBuilder, y: number, from: number, to: number, wrong: (label: number) => boolean) => {
    const offset = y * width;
    let start = -1;
    for (let x = from; x < to; x++) {
      if (wrong(data[offset + x] & 255)) {
        if (start < 0) start = x;
      } else if (start >= 0) {
        builder.add(y, start, x);
        start = -1;
      }
    }
    if (start >= 0) builder.add(y, start, to);
  };
  for (let y = 0; y < height; y++) {
    let x = 0;
    for (let i = rows[y]; i < rows[y + 1]; i++) {
      collect(missed, y, x, spans[2 * i], isObject);
      collect(extra, y, spans[2 * i], spans[2 * i + 1], isBackground);
      x = spans[2 * i + 1];
    }
    collect(missed, y, x, width, isObject);
  }
  return { missed: missed.finish(), extra: extra.finish() };
}

const isObject = (label: number) => label === 1;
const isBackground = (label: number) => label !== 1 && label !== ignoreLabel;
