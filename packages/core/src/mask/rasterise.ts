import { ClickmaskError, describe, isListOf, unexpected } from '../errors/index.js';
import type { Size } from '../geometry/index.js';
import { checkSize } from './checks.js';
import { type MaskRuns, RunBuilder } from './mask-runs.js';
import type { Polygon, Ring } from './polygon.js';

/**
 * Fills polygons: a pixel is set if its centre lies inside one of them. Inside means the even-odd rule over all rings
 * of a polygon; several polygons are united. A centre exactly on a line belongs to the area on its right, or below it,
 * so areas that share a border neither overlap nor leave a gap. Everything outside the image is cut off.
 *
 * @throws ClickmaskError `bad-mask` if a size is not a whole number ≥ 1, a coordinate is not finite, or the lines cross
 * pixel rows more often than four times the number of pixels (at least 2^20 times are always allowed)
 *
 * @example
 * ```ts
 * import { area } from '@clickmask/core';
 * import { rasterisePolygons } from '@clickmask/core/masks';
 *
 * const outer = Float64Array.of(1, 1, 6, 1, 6, 5, 1, 5);
 * const holes = [Float64Array.of(2, 2, 4, 2, 4, 4, 2, 4)];
 * console.log(area(rasterisePolygons([{ outer, holes }], { width: 8, height: 8 }))); // 16
 * ```
 */
export function rasterisePolygons(polygons: readonly Polygon[], size: Size): MaskRuns {
  checkSize(size);
  checkPolygons(polygons);
  const { width, height } = size;
  const budget = Math.max(2 ** 20, 4 * width * height);
  // Spans of all polygons, three values each: row, first column, column after the last.
  let spans = new Uint32Array(1024);
  let length = 0;
  let total = 0;
  for (const polygon of polygons) {
    const crossings = rowCrossings([polygon.outer, ...polygon.holes], size, budget - total);
    total += crossings.columns.length;
    for (let y = crossings.top; y < crossings.bottom; y++) {
      const end = crossings.offsets[y - crossings.top + 1];
      for (let i = crossings.offsets[y - crossings.top]; i + 1 < end; i += 2) {
        const start = crossings.columns[i];
        if (start === crossings.columns[i + 1]) continue;
        if (length + 3 > spans.length) {
          const grown = new Uint32Array(spans.length * 2);
          grown.set(spans);
          spans = grown;
        }
        spans[length++] = y;
        spans[length++] = start;
        spans[length++] = crossings.columns[i + 1];
      }
    }
  }
  return uniteSpans(spans.subarray(0, length), size);
}

/** Polygons may come from a page's own script, or from JSON. */
function checkPolygons(polygons: unknown): asserts polygons is readonly Polygon[] {
  const isRing = (ring: unknown) => ring instanceof Float64Array || Array.isArray(ring);
  const isPolygon = (one: unknown) => {
    const { outer, holes } = (one ?? {}) as Partial<Polygon>;
    return isRing(outer) && isListOf(holes, isRing);
  };
  if (isListOf(polygons, isPolygon)) return;
  throw unexpected('bad-mask', 'polygons', 'a list of { outer, holes }', polygons);
}

interface RowCrossings {
  readonly top: number;
  readonly bottom: number;
  /** Index of the first crossing of each row, starting at row `top`. */
  readonly offsets: Uint32Array;
  /** Ordered within each row: the first column whose pixel centre is on or right of the line, 0 to width. */
  readonly columns: Uint32Array;
}

function rowCrossings(rings: readonly Ring[], { width, height }: Size, budget: number): RowCrossings {
  let top = height;
  let bottom = 0;
  for (const ring of rings) {
    for (let i = 0; i < ring.length; i += 2) {
      if (!Number.isFinite(ring[i]) || !Number.isFinite(ring[i + 1])) {
        throw unexpected(
          'bad-mask',
          'polygon',
          'finite coordinates',
          `(${describe(ring[i])}, ${describe(ring[i + 1])})`,
        );
      }
      top = Math.min(top, firstRow(ring[i + 1], height));
      bottom = Math.max(bottom, firstRow(ring[i + 1], height));
    }
  }
  const rowCount = Math.max(0, bottom - top);
  const offsets = new Uint32Array(rowCount + 1);
  // Edges are counted at the rows where they begin and end, then summed. Each row has two or more. An edge is always
  // computed from its upper end, whatever its direction, so neighbouring areas get the same crossing.
  const changes = new Int32Array(rowCount + 1);
  let total = 0;
  eachEdge(rings, height, (_x0, _y0, _x1, _y1, from, to) => {
    changes[from - top]++;
    changes[to - top]--;
    total += to - from;
  });
  if (total > budget) {
    throw new ClickmaskError(
      'bad-mask',
      `Expected polygons with at most ${budget} crossings of pixel rows but received ${total}. Simplify them first.`,
      { details: { crossings: total, limit: budget } },
    );
  }
  for (let i = 0, inRow = 0; i < rowCount; i++) {
    inRow += changes[i];
    offsets[i + 1] = offsets[i] + inRow;
  }
  const columns = new Uint32Array(total);
  const next = offsets.slice(0, rowCount);
  eachEdge(rings, height, (x0, y0, x1, y1, from, to) => {
    for (let y = from; y < to; y++) {
      const x = x0 === x1 ? x0 : x0 + (x1 - x0) * ((y + 0.5 - y0) / (y1 - y0));
      columns[next[y - top]++] = Math.min(width, Math.max(0, Math.ceil(x - 0.5)));
    }
  });
  for (let i = 0; i < rowCount; i++) {
    const count = offsets[i + 1] - offsets[i];
    if (count === 2) {
      const a = columns[offsets[i]];
      const b = columns[offsets[i] + 1];
      columns[offsets[i]] = Math.min(a, b);
      columns[offsets[i] + 1] = Math.max(a, b);
    } else if (count > 2) columns.subarray(offsets[i], offsets[i + 1]).sort();
  }
  return { top, bottom, offsets, columns };
}

/** The first row whose pixel centres are at or below a height, 0 to `height`. */
function firstRow(y: number, height: number): number {
  return Math.min(height, Math.max(0, Math.ceil(y - 0.5)));
}

/** Calls back with each edge that crosses the centres of a row, upper end first, and those rows. */
function eachEdge(
  rings: readonly Ring[],
  height: number,
  visit: (x0: number, y0: number, x1: number, y1: number, from: number, to: number) => void,
): void {
  for (const ring of rings) {
    for (let i = 0, j = ring.length - 2; i < ring.length; j = i, i += 2) {
      const from = firstRow(ring[j + 1], height);
      const to = firstRow(ring[i + 1], height);
      if (from < to) visit(ring[j], ring[j + 1], ring[i], ring[i + 1], from, to);
      else if (to < from) visit(ring[i], ring[i + 1], ring[j], ring[j + 1], to, from);
    }
  }
}

/** Sorts the spans of several polygons by row, and unites those that overlap. */
function uniteSpans(spans: Uint32Array, size: Size): MaskRuns {
  const offsets = new Uint32Array(size.height + 1);
  for (let i = 0; i < spans.length; i += 3) offsets[spans[i] + 1]++;
  for (let y = 0; y < size.height; y++) offsets[y + 1] += offsets[y];
  // Start and end in one float, so that a plain numeric sort orders a row by start.
  const keys = new Float64Array(spans.length / 3);
  const next = offsets.slice(0, size.height);
  const scale = size.width + 1;
  for (let i = 0; i < spans.length; i += 3) keys[next[spans[i]]++] = spans[i + 1] * scale + spans[i + 2];
  const builder = new RunBuilder(size);
  for (let y = 0; y < size.height; y++) {
    if (offsets[y + 1] - offsets[y] > 1) keys.subarray(offsets[y], offsets[y + 1]).sort();
    for (let i = offsets[y]; i < offsets[y + 1]; i++) {
      const start = Math.floor(keys[i] / scale);
      builder.add(y, start, keys[i] - start * scale);
    }
  }
  return builder.finish();
}
