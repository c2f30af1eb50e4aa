/**
 * What CVAT's user interface makes of a reply, written from its documented behaviour and independent of the code under
 * test. `classic` is the one up to 2.59, `modern` the one of 2.60 and later.
 */
export interface StoredMask {
  /** Run lengths, then left, top, right, bottom: what is saved as a shape's points. */
  readonly rle: number[];
  /** Corners drawn or converted to a polygon. */
  readonly points: [number, number][];
  readonly confidence?: string;
}

interface Reply {
  mask?: number[][];
  points?: [number, number][];
  bounds?: [number, number, number, number];
  shapes?: { type: string; points: number[]; attributes?: { spec_id: number; value: string }[] }[];
}

export function readAsClassicUi(text: string): StoredMask {
  const reply = JSON.parse(text) as Reply;
  const mask = reply.mask as number[][];
  let { points } = reply;
  if (!points) points = findOutline(mask, reply.bounds?.[0] ?? 0, reply.bounds?.[1] ?? 0);
  const rle = encode(mask.flat());
  if (reply.bounds) rle.push(...reply.bounds);
  else rle.push(0, 0, mask[0].length - 1, mask.length - 1);
  return { rle, points };
}

export function readAsModernUi(text: string): StoredMask[] {
  const reply = JSON.parse(text) as Reply;
  if (reply.shapes) {
    return reply.shapes
      .filter((shape) => shape.type === 'mask')
      .map((shape) => ({
        rle: shape.points,
        points: [],
        confidence: shape.attributes?.find((attribute) => attribute.spec_id === 0)?.value,
      }));
  }
  // The compatibility path takes every mask for one of the whole frame.
  const mask = reply.mask as number[][];
  const rle = encode(mask.flat());
  rle.push(0, 0, mask[0].length - 1, mask.length - 1);
  return [{ rle, points: [] }];
}

/** The pixels of a stored mask in the frame. Throws where lengths and rectangle do not agree. */
export function decodeStored(rle: readonly number[], width: number, height: number): Uint8Array {
  const [left, top, right, bottom] = rle.slice(-4);
  const counts = rle.slice(0, -4);
  const boxWidth = right - left + 1;
  const size = boxWidth * (bottom - top + 1);
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (total !== size) throw new Error(`the runs cover ${total} px of a rectangle of ${size}`);
  if (left < 0 || top < 0 || right >= width || bottom >= height) throw new Error('the rectangle leaves the frame');
  const out = new Uint8Array(width * height);
  let at = 0;
  counts.forEach((count, i) => {
    if (count === 0 && i > 0) throw new Error('a run of no length');
    for (let k = 0; k < count; k++, at++) {
      if (i % 2 === 1) out[(top + Math.floor(at / boxWidth)) * width + left + (at % boxWidth)] = 1;
    }
  });
  return out;
}

/** Compares neighbours for equality and looks for "set" at the first value only, as the user interface does. */
function encode(values: readonly number[]): number[] {
  const counts: number[] = values[0] > 0 ? [0] : [];
  let previous: number | undefined;
  for (const value of values) {
    if (value === previous) counts[counts.length - 1] += 1;
    else counts.push(1);
    previous = value;
  }
  return counts;
}

/** Stands in for OpenCV: fails on an empty mask in the same way. */
function findOutline(mask: readonly number[][], left: number, top: number): [number, number][] {
  const found: [number, number][][] = [];
  mask.forEach((row, y) => {
    row.forEach((value, x) => {
      if (value > 0 && found.length === 0) found.push([[x + left, y + top]]);
    });
  });
  return found[0].map((corner) => corner);
}
