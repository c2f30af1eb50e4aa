import type { MaskRuns, Size } from '@clickmask/core';

/** Pixels of the overlay, one 32-bit word each, in the byte order of `ImageData` (R, G, B, A in memory). */
export interface PixelBuffer extends Size {
  readonly words: Uint32Array;
}

/** Where a mask lies in a buffer: device px = image px × `scale` + (`x`, `y`). */
export interface DeviceTransform {
  readonly scale: number;
  readonly x: number;
  readonly y: number;
}

export interface RunsStyle {
  /** Words from {@link colourWord}. 0 paints nothing. */
  readonly fill: number;
  readonly outline: number;
  /** A thin line around the outline, for contrast on any image. */
  readonly casing: number;
  /** Thickness of the outline inside the mask, in device px. */
  readonly outlineWidth: number;
  /** Dashes the outline, as for previews. */
  readonly dashed?: boolean;
}

/** A rectangle of the buffer, right and bottom exclusive. */
export interface DirtyRect {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** Rows of a mask on the device grid. Row `y` has the spans `starts[y]` to `starts[y + 1]` (exclusive). */
interface DeviceRows {
  readonly top: number;
  readonly bottom: number;
  readonly starts: Uint32Array;
  readonly spans: Int32Array;
}

/** A colour as a word of the buffer. `alpha` is 0 to 1. */
export function colourWord(red: number, green: number, blue: number, alpha: number): number {
  const a = Math.round(Math.min(1, Math.max(0, alpha)) * 255);
  return a === 0 ? 0 : ((a << 24) | (blue << 16) | (green << 8) | red) >>> 0;
}

/**
 * Paints a mask: fill, outline and casing. The mask is sampled at the centres of device pixels, row by row, so the cost
 * depends on the outline's size on the screen and not on the image's size.
 *
 * @returns the painted part of the buffer; null if the mask is not visible
 */
export function paintRuns(
  buffer: PixelBuffer,
  runs: MaskRuns,
  transform: DeviceTransform,
  style: RunsStyle,
): DirtyRect | null {
  const rows = sampleRows(buffer, runs, transform);
  if (rows === null) return null;
  const { words, width, height } = buffer;
  const { top, bottom, starts, spans } = rows;
  let left = width;
  let right = 0;
  let first = bottom;
  let last = top;
  const grow = (from: number, to: number) => {
    if (from < left) left = from;
    if (to > right) right = to;
  };
  const put = (y: number, from: number, to: number, word: number) => {
    const start = Math.max(0, from);
    const end = Math.min(width, to);
    if (end > start && y >= 0 && y < height) words.fill(word, y * width + start, y * width + end);
  };
  const putLine = (y: number, from: number, to: number) => {
    if (style.dashed !== true) return put(y, from, to, style.outline);
    for (let x = Math.max(0, from); x < Math.min(width, to); x++) {
      if (((x + y) & 15) < 10) words[y * width + x] = style.outline;
    }
  };
  /** Calls `found` for the columns that are in row `y` and not in row `other`. */
  const eachMissing = (y: number, other: number, found: (from: number, to: number) => void) => {
    const outside = other < top || other >= bottom;
    let j = outside ? 0 : starts[other - top];
    const last = outside ? 0 : starts[other - top + 1];
    for (let i = starts[y - top]; i < starts[y - top + 1]; i++) {
      let from = spans[2 * i];
      const to = spans[2 * i + 1];
      while (j < last && spans[2 * j + 1] <= from) j++;
      let k = j;
      while (k < last && spans[2 * k] < to) {
        if (spans[2 * k] > from) found(from, spans[2 * k]);
        from = Math.max(from, spans[2 * k + 1]);
        k++;
      }
      if (from < to) found(from, to);
    }
  };

  const t = style.outlineWidth;
  // The stage's edge cuts masks off without an outline: rows beyond it are unknown, not empty.
  const cutTop = top === 0 && transform.y < 0;
  const cutBottom = bottom === height && transform.y + runs.height * transform.scale > height;
  for (let y = top; y < bottom; y++) {
    for (let i = starts[y - top]; i < starts[y - top + 1]; i++) {
      const from = spans[2 * i];
      const to = spans[2 * i + 1];
      grow(from - 1, to + 1);
      if (y < first) first = y;
      last = y;
      if (style.fill !== 0) put(y, from, to, style.fill);
    }
  }
  for (let y = top; y < bottom; y++) {
    if (style.casing !== 0) {
      if (!(cutTop && y === top)) eachMissing(y, y - 1, (from, to) => put(y - 1, from, to, style.casing));
      if (!(cutBottom && y === bottom - 1)) eachMissing(y, y + 1, (from, to) => put(y + 1, from, to, style.casing));
      for (let i = starts[y - top]; i < starts[y - top + 1]; i++) {
        put(y, spans[2 * i] - 1, spans[2 * i], style.casing);
        put(y, spans[2 * i + 1], spans[2 * i + 1] + 1, style.casing);
      }
    }
  }
  if (style.outline !== 0 && t > 0) {
    for (let y = top; y < bottom; y++) {
      for (let i = starts[y - top]; i < starts[y - top + 1]; i++) {
        const from = spans[2 * i];
        const to = spans[2 * i + 1];
        putLine(y, from, Math.min(from + t, to));
        putLine(y, Math.max(to - t, from), to);
      }
      for (let k = 1; k <= t; k++) {
        if (!(cutTop && y - k < top)) eachMissing(y, y - k, (from, to) => putLine(y, from, to));
        if (!(cutBottom && y + k >= bottom)) eachMissing(y, y + k, (from, to) => putLine(y, from, to));
      }
    }
  }
  if (right <= left) return null;
  return {
    left: Math.max(0, left),
    top: Math.max(0, first - 1),
    right: Math.min(width, right),
    bottom: Math.min(height, last + 2),
  };
}

/** Samples the mask at the centres of the buffer's rows and columns. */
function sampleRows(buffer: Size, runs: MaskRuns, transform: DeviceTransform): DeviceRows | null {
  const { scale, x: offsetX, y: offsetY } = transform;
  const top = Math.max(0, Math.ceil(offsetY - 0.5));
  const bottom = Math.min(buffer.height, Math.ceil(offsetY + runs.height * scale - 0.5));
  if (bottom <= top || runs.spans.length === 0) return null;
  const starts = new Uint32Array(bottom - top + 1);
  let spans = new Int32Array(1024);
  let count = 0;
  let previousRow = -1;
  for (let y = top; y < bottom; y++) {
    const index = y - top;
    const row = Math.min(runs.height - 1, Math.max(0, Math.floor((y + 0.5 - offsetY) / scale)));
    if (row === previousRow && index > 0) {
      const from = starts[index - 1];
      const to = starts[index];
      const needed = (count + to - from) * 2;
      if (needed > spans.length) spans = enlarged(spans, needed);
      spans.copyWithin(count * 2, from * 2, to * 2);
      count += to - from;
    } else {
      previousRow = row;
      const first = count;
      for (let i = runs.rows[row]; i < runs.rows[row + 1]; i++) {
        // One px wider than the stage on each side, so that a mask that continues has no outline at the edge.
        const from = Math.max(-8, Math.ceil(runs.spans[2 * i] * scale + offsetX - 0.5));
        const to = Math.min(buffer.width + 8, Math.ceil(runs.spans[2 * i + 1] * scale + offsetX - 0.5));
        if (to <= from) continue;
        if (count > first && spans[2 * count - 1] >= from) {
          if (to > spans[2 * count - 1]) spans[2 * count - 1] = to;
          continue;
        }
        if ((count + 1) * 2 > spans.length) spans = enlarged(spans, (count + 1) * 2);
        spans[2 * count] = from;
        spans[2 * count + 1] = to;
        count++;
      }
    }
    starts[index + 1] = count;
  }
  return count === 0 ? null : { top, bottom, starts, spans };
}

function enlarged(spans: Int32Array<ArrayBuffer>, needed: number): Int32Array<ArrayBuffer> {
  const grown = new Int32Array(Math.max(needed, spans.length * 2));
  grown.set(spans);
  return grown;
}
