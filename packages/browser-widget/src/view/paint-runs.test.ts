import { runsFromMask } from '@clickmask/core';
import { rectRuns } from '@clickmask/core/masks';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { colourWord, type PixelBuffer, paintRuns, type RunsStyle } from './paint-runs.js';

const buffer = (width: number, height: number): PixelBuffer => ({
  width,
  height,
  words: new Uint32Array(width * height),
});
const plain: RunsStyle = { fill: 1, outline: 0, casing: 0, outlineWidth: 0 };

describe('painting a mask', () => {
  test('paints at its own size exactly the set pixels', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 20 }),
        fc.integer({ min: 1, max: 20 }),
        fc.infiniteStream(fc.boolean()),
        (width, height, bits) => {
          const data = Uint8Array.from({ length: width * height }, () => (bits.next().value ? 1 : 0));
          const target = buffer(width, height);
          paintRuns(target, runsFromMask({ width, height, data }), { scale: 1, x: 0, y: 0 }, plain);
          expect([...target.words]).toEqual([...data]);
        },
      ),
    );
  });

  test('agrees with sampling every device pixel by itself, at any scale and place', () => {
    const size = { width: 9, height: 7 };
    const data = Uint8Array.from({ length: 63 }, (_, i) => ((i * 7 + (i >> 3)) % 3 === 0 ? 1 : 0));
    const runs = runsFromMask({ ...size, data });
    fc.assert(
      fc.property(
        fc.double({ min: 0.3, max: 5, noNaN: true }),
        fc.double({ min: -20, max: 20, noNaN: true }),
        fc.double({ min: -20, max: 20, noNaN: true }),
        (scale, x, y) => {
          const target = buffer(24, 18);
          paintRuns(target, runs, { scale, x, y }, plain);
          for (let row = 0; row < 18; row++) {
            for (let column = 0; column < 24; column++) {
              const [sx, sy] = [(column + 0.5 - x) / scale, (row + 0.5 - y) / scale];
              // On the very border of two pixels, either is right.
              if (Math.abs(sx - Math.round(sx)) < 1e-9 || Math.abs(sy - Math.round(sy)) < 1e-9) continue;
              const inside = sx >= 0 && sy >= 0 && sx < size.width && sy < size.height;
              const expected = inside ? data[Math.floor(sy) * size.width + Math.floor(sx)] : 0;
              expect(target.words[row * 24 + column]).toBe(expected);
            }
          }
        },
      ),
    );
  });

  test('draws the outline inside and the casing outside', () => {
    const target = buffer(12, 10);
    const runs = rectRuns({ width: 12, height: 10 }, { x: 2, y: 2, width: 8, height: 6 });
    const dirty = paintRuns(
      target,
      runs,
      { scale: 1, x: 0, y: 0 },
      { fill: 1, outline: 2, casing: 3, outlineWidth: 2 },
    );
    const row = (y: number) => [...target.words.subarray(y * 12, y * 12 + 12)].join('');
    expect(row(0)).toBe('000000000000');
    expect(row(1)).toBe('003333333300');
    expect(row(2)).toBe('032222222230');
    expect(row(3)).toBe('032222222230');
    expect(row(4)).toBe('032211112230');
    expect(row(8)).toBe('003333333300');
    expect(dirty).toEqual({ left: 1, top: 1, right: 11, bottom: 9 });
  });

  test('a mask that goes on beyond the stage has no outline at its edge', () => {
    const target = buffer(6, 6);
    const runs = rectRuns({ width: 100, height: 100 }, { x: 0, y: 0, width: 100, height: 100 });
    paintRuns(target, runs, { scale: 1, x: -40, y: -40 }, { fill: 1, outline: 2, casing: 3, outlineWidth: 2 });
    expect(new Set(target.words)).toEqual(new Set([1]));
  });

  test('what is out of sight, or empty, touches nothing', () => {
    const target = buffer(6, 6);
    const runs = rectRuns({ width: 4, height: 4 }, { x: 0, y: 0, width: 4, height: 4 });
    expect(paintRuns(target, runs, { scale: 1, x: 50, y: 0 }, plain)).toBeNull();
    expect(paintRuns(target, runs, { scale: 1, x: 0, y: -50 }, plain)).toBeNull();
    expect(target.words.every((word) => word === 0)).toBe(true);
  });
});

test('colours are words in the byte order of ImageData', () => {
  const words = Uint32Array.of(colourWord(1, 2, 3, 1));
  expect([...new Uint8Array(words.buffer)]).toEqual([1, 2, 3, 255]);
  expect(colourWord(9, 9, 9, 0)).toBe(0);
});
