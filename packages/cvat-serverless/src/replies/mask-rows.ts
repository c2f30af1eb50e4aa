import type { MaskRuns } from '@clickmask/core';
import type { Rect } from '@clickmask/core/masks';

/** Provides memory of exactly this many bytes, with any content. */
export type Allocate = (size: number) => Buffer;

/**
 * JSON text of a part of a mask as rows of 0 and 1, `[[0,1],[1,0]]`, between two pieces of text.
 *
 * It is written directly from the runs: all rows are filled with zeros by copying, then each run is copied over them.
 * That is two memory copies instead of one JSON value per pixel.
 */
export function writeMaskRows(
  runs: MaskRuns,
  rect: Rect,
  before = '',
  after = '',
  allocate: Allocate = Buffer.allocUnsafe,
): Buffer {
  const { width, height } = rect;
  const head = Buffer.from(before, 'utf8');
  const tail = Buffer.from(after, 'utf8');
  // A row is "[", the digits separated by commas, "]", and then a comma or the closing bracket.
  const stride = 2 * width + 2;
  const start = head.length + 1;
  const out = allocate(start + height * stride + tail.length);
  head.copy(out, 0);
  out[head.length] = OPEN;

  const row = out.subarray(start, start + stride);
  row[0] = OPEN;
  for (let x = 0; x < width; x++) {
    row[2 * x + 1] = ZERO;
    row[2 * x + 2] = COMMA;
  }
  row[stride - 2] = CLOSE;
  row[stride - 1] = COMMA;
  const end = start + height * stride;
  for (let done = stride; done < height * stride; ) {
    const size = Math.min(done, height * stride - done);
    out.copyWithin(start + done, start, start + size);
    done += size;
  }
  out[end - 1] = CLOSE;
  tail.copy(out, end);

  const ones = Buffer.alloc(2 * width, '1,');
  const right = rect.x + width;
  for (let y = 0; y < height; y++) {
    const from = runs.rows[rect.y + y];
    const to = runs.rows[rect.y + y + 1];
    const base = start + y * stride + 1 - 2 * rect.x;
    for (let i = from; i < to; i++) {
      const left = Math.max(rect.x, runs.spans[2 * i]);
      const stop = Math.min(right, runs.spans[2 * i + 1]);
      // The last comma belongs to what follows the run.
      if (stop > left) ones.copy(out, base + 2 * left, 0, 2 * (stop - left) - 1);
    }
  }
  return out;
}

const OPEN = 0x5b;
const CLOSE = 0x5d;
const COMMA = 0x2c;
const ZERO = 0x30;
