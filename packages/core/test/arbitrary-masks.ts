import * as fc from 'fast-check';
import { createMask, type Mask } from '../src/mask/index.js';

/** Rows of '#' and '.' as a mask. */
export function maskOf(...lines: readonly string[]): Mask {
  const mask = createMask(lines[0].length, lines.length);
  lines.forEach((line, y) => {
    for (let x = 0; x < line.length; x++) mask.data[y * line.length + x] = line[x] === '#' ? 1 : 0;
  });
  return mask;
}

/** The opposite of {@link maskOf}, for readable failures. */
export function linesOf({ width, height, data }: Mask): string[] {
  return Array.from({ length: height }, (_, y) =>
    Array.from(data.subarray(y * width, (y + 1) * width), (value) => (value === 0 ? '.' : '#')).join(''),
  );
}

const side = (max: number) => fc.oneof(fc.constant(1), fc.integer({ min: 1, max }));

/** Masks of every kind: noise of any density, blobs, empty, full, checkerboards; sides from 1 to `max`. */
export function arbitraryMask(max = 20): fc.Arbitrary<Mask> {
  return fc.tuple(side(max), side(max)).chain(([width, height]) => arbitraryMaskOf(width, height));
}

/** Two masks of one size. */
export function arbitraryPair(max = 20): fc.Arbitrary<[Mask, Mask]> {
  return fc
    .tuple(side(max), side(max))
    .chain(([width, height]) => fc.tuple(arbitraryMaskOf(width, height), arbitraryMaskOf(width, height)));
}

function arbitraryMaskOf(width: number, height: number): fc.Arbitrary<Mask> {
  const fromPixels = (isOn: (x: number, y: number) => boolean): Mask => {
    const mask = createMask(width, height);
    for (let i = 0; i < mask.data.length; i++) mask.data[i] = isOn(i % width, Math.floor(i / width)) ? 1 : 0;
    return mask;
  };
  const noise = fc
    .tuple(fc.integer({ min: 1, max: 9 }), fc.uint8Array({ minLength: width * height, maxLength: width * height }))
    .map(([density, values]) => fromPixels((x, y) => values[y * width + x] < density * 25));
  const disk = fc.tuple(
    fc.double({ min: 0, max: width, noNaN: true }),
    fc.double({ min: 0, max: height, noNaN: true }),
    fc.double({ min: 0.5, max: 8, noNaN: true }),
    fc.boolean(),
  );
  const blobs = fc.array(disk, { minLength: 1, maxLength: 6 }).map((disks) =>
    fromPixels((x, y) => {
      let isOn = false;
      for (const [cx, cy, r, add] of disks) if (Math.hypot(x + 0.5 - cx, y + 0.5 - cy) <= r) isOn = add;
      return isOn;
    }),
  );
  return fc.oneof(
    { weight: 5, arbitrary: noise },
    { weight: 5, arbitrary: blobs },
    {
      weight: 1,
      arbitrary: fc.constantFrom(
        fromPixels(() => false),
        fromPixels(() => true),
      ),
    },
    {
      weight: 1,
      arbitrary: fc.constantFrom(
        fromPixels((x, y) => (x + y) % 2 === 0),
        fromPixels((x, y) => (x + y) % 2 === 1),
      ),
    },
  );
}
