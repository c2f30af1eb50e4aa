import { expectInteger, expectNumber, unexpected } from '../errors/index.js';
import type { ImagePoint, Rect, Size } from '../geometry/index.js';
import { levelOf, type MapPatch, type ProbabilityMap } from '../image/index.js';
import { difference, union } from './boolean.js';
import { checkSize } from './checks.js';
import { type MaskRuns, RunBuilder } from './mask-runs.js';
import { rectRuns } from './transform.js';

/**
 * Cuts a mask out of a map: the map is enlarged (or shrunk) to its region of interest by bilinear interpolation, and a
 * pixel is set where the value is above the threshold. Pixels outside the region are not set. No full-size float map is
 * made: each row is interpolated on the grid, and the place where a stretch between two grid columns crosses the
 * threshold is computed and then settled with the formula below, so that the result is what evaluating it for every
 * pixel would give, bit for bit. Costs time in proportion to `roi.height * map.width`, not to the area.
 *
 * In 64-bit floats, for pixel `(x, y)` of the region, with `lerp(a, b, t) = a + (b - a) * t`:
 * source position `s(i) = (i + 0.5) * in / out - 0.5` clamped to `[0, in - 1]` (half-pixel), or
 * `i * (in - 1) / (out - 1)`, 0 where `out` is 1 (align-corners); column `c = floor(s(x))`, row `r = floor(s(y))`;
 * `row[c] = lerp(map[r][c], map[r + 1][c], s(y) - r)`; value `= lerp(row[c], row[c + 1], s(x) - c)`.
 *
 * Inside a patch of the map the patch is cut in the same way, at the level that stands for the same probability.
 *
 * @param map - values without NaN on a grid, row-major [height, width]; probabilities or logits
 * @param size - of the image, in image px
 * @param threshold - in the units of the map: 0.5 for probabilities, 0 for logits
 * @throws ClickmaskError `bad-mask` where map, region and image do not fit, `bad-option` for the threshold
 *
 * @example
 * ```ts
 * import { area } from '@clickmask/core';
 * import { thresholdMap } from '@clickmask/core/masks';
 *
 * const map = {
 *   data: new Float32Array([0, 1]), // left half background, right half object
 *   width: 2,
 *   height: 1,
 *   roi: { x: 0, y: 0, width: 400, height: 300 },
 *   filter: 'half-pixel',
 * } as const;
 * console.log(area(thresholdMap(map, { width: 400, height: 300 }, 0.5))); // 60000
 * ```
 */
export function thresholdMap(map: ProbabilityMap, size: Size, threshold: number): MaskRuns {
  let runs = thresholdLayer(map, size, threshold);
  for (const patch of map.patches ?? []) {
    const level = clamped(inUnitsOf(patch, map, threshold));
    runs = union(difference(runs, rectRuns(size, patch.roi)), thresholdLayer(patch, size, level));
  }
  return runs;
}

/** A value of one layer in the units of another layer. */
function inUnitsOf(layer: MapPatch, other: MapPatch, value: number): number {
  if ((layer.scale === 'logit') === (other.scale === 'logit')) return value;
  return layer.scale === 'logit' ? levelOf(layer, Math.min(1, Math.max(0, value))) : 1 / (1 + Math.exp(-value));
}

/** A level beyond all values stands for the open ends, 0 and 1, of logits. */
const clamped = (level: number): number => Math.min(Number.MAX_VALUE, Math.max(-Number.MAX_VALUE, level));

function thresholdLayer(map: MapPatch, size: Size, threshold: number): MaskRuns {
  checkMap(map);
  checkSize(size);
  const { roi, data, width: gridWidth } = map;
  expectInteger('bad-mask', 'map.roi.x', roi.x, 0, size.width - 1);
  expectInteger('bad-mask', 'map.roi.y', roi.y, 0, size.height - 1);
  expectInteger('bad-mask', 'map.roi.width', roi.width, 1, size.width - roi.x);
  expectInteger('bad-mask', 'map.roi.height', roi.height, 1, size.height - roi.y);
  expectNumber('bad-option', 'threshold', threshold);

  const across = sourcePositions(gridWidth, roi.width, map.filter);
  const down = sourcePositions(map.height, roi.height, map.filter);
  const segments = columnSegments(across);
  const builder = new RunBuilder(size);
  const guard = guardOf(data);
  const sides = new Uint8Array(gridWidth);
  const stretches = makeStretches(segments.length);
  const { column: columns, first: firsts, last: lasts, side: kinds } = stretches;
  const pixelOf = pixelEstimate(gridWidth, roi.width, map.filter);
  let band = -1;

  for (let y = 0; y < roi.height; y++) {
    const top = Math.floor(down[y]);
    if (top !== band) {
      band = top;
      sidesOf(map, top, threshold, guard, sides);
      findStretches(sides, segments, stretches);
    }
    const t = down[y] - top;
    const above = top * gridWidth;
    const below = Math.min(map.height - 1, top + 1) * gridWidth;
    const { count } = stretches;
    let open = -1;
    for (let k = 0; k < count; k++) {
      const first = firsts[k];
      if (kinds[k] !== mixed) {
        if (kinds[k] === inside) {
          if (open < 0) open = first;
        } else if (open >= 0) {
          builder.add(roi.y + y, roi.x + open, roi.x + first);
          open = -1;
        }
        continue;
      }
      const column = columns[k];
      const last = lasts[k];
      const next = Math.min(gridWidth - 1, column + 1);
      const from = data[above + column] + (data[below + column] - data[above + column]) * t;
      const slope = data[above + next] + (data[below + next] - data[above + next]) * t - from;
      const startsSet = from + slope * (across[first] - column) > threshold;
      const endsSet = from + slope * (across[last] - column) > threshold;
      if (startsSet && open < 0) open = first;
      if (!startsSet && open >= 0) {
        builder.add(roi.y + y, roi.x + open, roi.x + first);
        open = -1;
      }
      if (startsSet === endsSet) continue;
      // Rounding keeps lerp monotone in t, so the segment has exactly one change. The estimate is at most a pixel or
      // two off; the loops settle it.
      let x = Math.ceil(pixelOf.scale * (column + (threshold - from) / slope) + pixelOf.shift);
      x = x > last ? last : x > first ? x : first + 1; // also where the estimate is NaN
      while (x > first + 1 && from + slope * (across[x - 1] - column) > threshold === endsSet) x--;
      while (x < last && from + slope * (across[x] - column) > threshold === startsSet) x++;
      if (endsSet) {
        open = x;
      } else {
        builder.add(roi.y + y, roi.x + open, roi.x + x);
        open = -1;
      }
    }
    if (open >= 0) builder.add(roi.y + y, roi.x + open, roi.x + roi.width);
  }
  return builder.finish();
}

/**
 * The value of a map at a point in image px, by the formula of {@link thresholdMap}. A point outside the region gives
 * 0. At pixel centres it is exactly the value by which the mask is cut.
 *
 * @throws ClickmaskError `bad-mask` if the map's data do not fit its size
 */
export function sampleMap(map: ProbabilityMap, point: ImagePoint): number {
  const patch = map.patches?.findLast(({ roi }) => holds(roi, point));
  return patch === undefined ? sampleLayer(map, point) : inUnitsOf(map, patch, sampleLayer(patch, point));
}

const holds = (roi: Rect, { x, y }: ImagePoint): boolean =>
  x >= roi.x && y >= roi.y && x < roi.x + roi.width && y < roi.y + roi.height;

function sampleLayer(map: MapPatch, point: ImagePoint): number {
  checkMap(map);
  const { roi } = map;
  const x = point.x - roi.x;
  const y = point.y - roi.y;
  if (!(x >= 0 && y >= 0 && x <= roi.width && y <= roi.height)) return 0;
  const row = new Float64Array(map.width + 1);
  lerpRow(map.data, map.width, map.height, sourcePosition(y - 0.5, map.height, roi.height, map.filter), row);
  const position = sourcePosition(x - 0.5, map.width, roi.width, map.filter);
  const column = Math.floor(position);
  return row[column] + (row[column + 1] - row[column]) * (position - column);
}

function checkMap(map: MapPatch): void {
  expectInteger('bad-mask', 'map.width', map.width, 1);
  expectInteger('bad-mask', 'map.height', map.height, 1);
  if (!(map.data instanceof Float32Array) || map.data.length !== map.width * map.height) {
    throw unexpected('bad-mask', 'map.data', `a Float32Array of ${map.width * map.height} values`, map.data);
  }
  if (map.filter !== 'half-pixel' && map.filter !== 'align-corners') {
    throw unexpected('bad-option', 'map.filter', "'half-pixel' or 'align-corners'", map.filter);
  }
}

function sourcePosition(index: number, input: number, output: number, filter: ProbabilityMap['filter']): number {
  const raw =
    filter === 'half-pixel'
      ? ((index + 0.5) * input) / output - 0.5
      : output === 1
        ? 0
        : (index * (input - 1)) / (output - 1);
  return Math.min(input - 1, Math.max(0, raw));
}

function sourcePositions(input: number, output: number, filter: ProbabilityMap['filter']): Float64Array {
  const positions = new Float64Array(output);
  for (let i = 0; i < output; i++) positions[i] = sourcePosition(i, input, output, filter);
  return positions;
}

/** The pixel at a source position, `scale * position + shift`: the inverse of the formula above, up to rounding. */
function pixelEstimate(
  input: number,
  output: number,
  filter: ProbabilityMap['filter'],
): { readonly scale: number; readonly shift: number } {
  if (filter === 'align-corners') return { scale: (output - 1) / Math.max(1, input - 1), shift: 0 };
  const scale = output / input;
  return { scale, shift: 0.5 * scale - 0.5 };
}

/** The pixels `first` to `last` whose source position lies in [column, column + 1). */
interface ColumnSegment {
  readonly column: number;
  readonly first: number;
  readonly last: number;
}

/** Grid columns without a pixel (when shrinking) are left out. */
function columnSegments(positions: Float64Array): ColumnSegment[] {
  const segments: ColumnSegment[] = [];
  let first = 0;
  for (let x = 1; x <= positions.length; x++) {
    const column = Math.floor(positions[first]);
    if (x < positions.length && Math.floor(positions[x]) === column) continue;
    segments.push({ column, first, last: x - 1 });
    first = x;
  }
  return segments;
}

/** Kinds of {@link Stretches}: all pixels are set, none is, or they must be looked at one by one. */
const [mixed, inside, outside] = [0, 1, 2];

/** Ranges of neighbouring pixels, each of one kind, in arrays that all bands of a map share. */
interface Stretches {
  count: number;
  readonly column: Int32Array;
  readonly first: Int32Array;
  readonly last: Int32Array;
  readonly side: Uint8Array;
}

function makeStretches(most: number): Stretches {
  const [column, first, last] = [new Int32Array(most), new Int32Array(most), new Int32Array(most)];
  return { count: 0, column, first, last, side: new Uint8Array(most) };
}

/** More than any rounding error of the formula for these values, so no cell is decided wrongly. */
function guardOf(data: Float32Array): number {
  let largest = 0;
  for (let i = 0; i < data.length; i++) {
    const size = Math.abs(data[i]);
    if (size > largest) largest = size;
  }
  return 1e-12 * largest;
}

/** For each grid column between two grid rows: `inside` if both values are above the threshold, and so on. */
function sidesOf(map: MapPatch, top: number, threshold: number, guard: number, sides: Uint8Array): void {
  const { data, width, height } = map;
  const above = top * width;
  const below = Math.min(height - 1, top + 1) * width;
  const low = threshold - guard;
  const high = threshold + guard;
  for (let i = 0; i < width; i++) {
    const a = data[above + i];
    const b = data[below + i];
    sides[i] = a > high && b > high ? inside : a < low && b < low ? outside : mixed;
  }
}

/**
 * What the rows between two grid rows share. Cells whose four corners are on one side of the threshold contain no
 * outline, so only the others cost time in every row.
 */
function findStretches(sides: Uint8Array, segments: readonly ColumnSegment[], into: Stretches): void {
  let k = -1;
  for (const { column, first, last } of segments) {
    const next = Math.min(sides.length - 1, column + 1);
    const side = sides[column] === sides[next] ? sides[column] : mixed;
    if (k < 0 || side === mixed || into.side[k] !== side) {
      k += 1;
      into.column[k] = column;
      into.first[k] = first;
      into.side[k] = side;
    }
    into.last[k] = last;
  }
  into.count = k + 1;
}

/** One row of the map at a fractional height. The last value is repeated, so that `row[width]` can be read. */
function lerpRow(data: Float32Array, width: number, height: number, position: number, row: Float64Array): void {
  const top = Math.floor(position);
  const t = position - top;
  const above = top * width;
  const below = Math.min(height - 1, top + 1) * width;
  for (let i = 0; i < width; i++) row[i] = data[above + i] + (data[below + i] - data[above + i]) * t;
  row[width] = row[width - 1];
}
