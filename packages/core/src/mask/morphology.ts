import { expectInteger } from '../errors/index.js';
import { complement } from './boolean.js';
import { bounds, type MaskRuns, RunBuilder } from './mask-runs.js';

/**
 * Largest radius of {@link smooth}, {@link dilate} and {@link erode}, in px.
 *
 * @example
 * ```ts
 * import { MAX_RADIUS } from '@clickmask/core/masks';
 *
 * console.log(MAX_RADIUS); // 64
 * ```
 */
export const MAX_RADIUS = 64;

/**
 * Grows a mask by a disk: a pixel is set if a set pixel lies within `radius`, measured between centres, inclusive.
 *
 * @param radius - whole px, 0 to 64
 * @throws ClickmaskError `bad-option`
 *
 * @example
 * ```ts
 * import { area } from '@clickmask/core';
 * import { dilate, rectRuns } from '@clickmask/core/masks';
 *
 * const pixel = rectRuns({ width: 9, height: 9 }, { x: 4, y: 4, width: 1, height: 1 });
 * console.log(area(dilate(pixel, 1))); // 5
 * ```
 */
export function dilate(runs: MaskRuns, radius: number): MaskRuns {
  const reach = diskReach(radius);
  const { width, height, rows, spans } = runs;
  const builder = new RunBuilder(runs);
  // Start and end in one float, so that a plain numeric sort orders a row by start.
  const scale = 2 * (width + 1);
  let keys = new Float64Array(64);
  for (let y = 0; y < height; y++) {
    const top = Math.max(0, y - radius);
    const bottom = Math.min(height - 1, y + radius);
    const count = rows[bottom + 1] - rows[top];
    if (count === 0) continue;
    if (count > keys.length) keys = new Float64Array(2 * count);
    let at = 0;
    for (let row = top; row <= bottom; row++) {
      const half = reach[Math.abs(row - y)];
      for (let i = 2 * rows[row]; i < 2 * rows[row + 1]; i += 2) {
        keys[at++] = Math.max(0, spans[i] - half) * scale + Math.min(width, spans[i + 1] + half);
      }
    }
    const sorted = keys.subarray(0, count).sort();
    for (const key of sorted) {
      const start = Math.floor(key / scale);
      builder.add(y, start, key - start * scale);
    }
  }
  return builder.finish();
}

/**
 * Shrinks a mask by a disk: a pixel stays if no unset pixel lies within `radius`. Pixels outside the image count as
 * set, so the mask does not shrink from the image's edge.
 *
 * @param radius - whole px, 0 to 64
 * @throws ClickmaskError `bad-option`
 *
 * @example
 * ```ts
 * import { area } from '@clickmask/core';
 * import { erode, rectRuns } from '@clickmask/core/masks';
 *
 * const block = rectRuns({ width: 9, height: 9 }, { x: 2, y: 2, width: 5, height: 5 });
 * console.log(area(erode(block, 1))); // 9
 * ```
 */
export function erode(runs: MaskRuns, radius: number): MaskRuns {
  return complement(dilate(complement(runs), radius));
}

/**
 * Smooths the outline by a majority filter: a pixel is set if more than half of the pixels within `radius` (inside the
 * image) are set. Straight lines stay in place. Parts and gaps narrower than about the radius vanish, so a mask of thin
 * parts may come out empty.
 *
 * The cost is proportional to the number of runs times the radius; for thin or ragged parts, also to their area.
 *
 * @param radius - whole px, 0 (nothing happens) to 64
 * @throws ClickmaskError `bad-option`
 *
 * @example
 * ```ts
 * import { area } from '@clickmask/core';
 * import { rectRuns, smooth, union } from '@clickmask/core/masks';
 *
 * const size = { width: 40, height: 40 };
 * const block = rectRuns(size, { x: 0, y: 0, width: 20, height: 40 });
 * const spur = rectRuns(size, { x: 20, y: 20, width: 2, height: 1 });
 * console.log(area(smooth(union(block, spur), 3))); // 800
 * ```
 */
export function smooth(runs: MaskRuns, radius: number): MaskRuns {
  const reach = diskReach(radius);
  const box = bounds(runs);
  if (radius === 0 || box === null) return runs;
  const { width, height, rows, spans } = runs;
  const left = Math.max(0, box.x - radius);
  const right = Math.min(width, box.x + box.width + radius);
  const builder = new RunBuilder(runs);
  // Along a row, the number of set pixels in the window is piecewise linear. Its bends are the ends of the runs,
  // shifted by the window's half width. They are stored as second differences and summed twice.
  const origin = box.x - radius;
  const bends = new Int32Array(box.width + 4 * radius + 2);
  const lastRow = Math.min(height - 1, box.y + box.height - 1 + radius);
  // From here on, the window extends beyond the image.
  const uncut = Math.min(right, width - radius);
  let windowed = new Int32Array(0);
  let windowedFor = '';
  for (let y = Math.max(0, box.y - radius); y <= lastRow; y++) {
    const top = Math.max(0, y - radius);
    const bottom = Math.min(height - 1, y + radius);
    if (rows[top] === rows[bottom + 1]) continue;
    const places: number[] = [];
    for (let row = top; row <= bottom; row++) {
      const half = reach[Math.abs(row - y)];
      for (let i = 2 * rows[row]; i < 2 * rows[row + 1]; i += 2) {
        // From x - 1 to x, the window gains column x + half and loses column x - half - 1.
        bends[spans[i] - half - origin]++;
        bends[spans[i + 1] - half - origin]--;
        bends[spans[i] + half + 1 - origin]--;
        bends[spans[i + 1] + half + 1 - origin]++;
        places.push(spans[i] - half, spans[i + 1] - half, spans[i] + half + 1, spans[i + 1] + half + 1);
      }
    }
    const ordered = Int32Array.from(places).sort();
    let next = 0;
    if (windowedFor !== `${y - top} ${bottom - y}`) {
      windowed = windowPixels(y - top, bottom - y, reach, left, right, width);
      windowedFor = `${y - top} ${bottom - y}`;
    }
    let slope = 0;
    let inside = 0;
    let start = -1;
    for (let x = origin; x < right; x++) {
      slope += bends[x - origin];
      inside += slope;
      const isOn = x >= left && 2 * inside > windowed[x - left];
      if (isOn && start < 0) start = x;
      else if (!isOn && start >= 0) {
        builder.add(y, start, x);
        start = -1;
      }
      if (slope === 0 && x >= radius && x < uncut) {
        // Away from the outline and the image's edges, nothing changes until the next bend.
        while (next < ordered.length && ordered[next] <= x) next++;
        x = Math.min(next < ordered.length ? ordered[next] : right, uncut) - 1;
      }
    }
    if (start >= 0) builder.add(y, start, right);
    for (const place of places) bends[place - origin] = 0;
  }
  return builder.finish();
}

/** Number of the disk's pixels inside the image, for the columns `left` to `right - 1` of a row. */
function windowPixels(above: number, below: number, reach: Int32Array, left: number, right: number, width: number) {
  const counts = new Int32Array(right - left);
  for (let dy = -above; dy <= below; dy++) {
    const half = reach[Math.abs(dy)];
    for (let x = left; x < right; x++) {
      counts[x - left] += Math.min(width, x + half + 1) - Math.max(0, x - half);
    }
  }
  return counts;
}

/** Half width of each row of a disk, by its distance from the middle row. */
function diskReach(radius: number): Int32Array {
  expectInteger('bad-option', 'radius', radius, 0, MAX_RADIUS);
  return Int32Array.from({ length: radius + 1 }, (_, dy) => Math.floor(Math.sqrt(radius * radius - dy * dy)));
}
