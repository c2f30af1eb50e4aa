import { describe, expect, it } from 'vitest';
import { fromHalf, toHalf } from './half.js';

describe('halves', () => {
  it('give every one of the 65536 back, and not-a-number as such', () => {
    const all = Uint16Array.from({ length: 65536 }, (_, i) => i);
    const back = toHalf(fromHalf(all));
    for (let i = 0; i < all.length; i++) {
      const isNan = (i & 0x7c00) === 0x7c00 && (i & 0x3ff) !== 0;
      if (isNan) expect(back[i] & 0x7e00).toBe(0x7e00);
      else if (back[i] !== i) expect([i, back[i]]).toEqual([i, i]);
    }
  });

  it.each([
    [0, 0],
    [-0, 0x8000],
    [1, 0x3c00],
    [-2, 0xc000],
    [65504, 0x7bff],
    [65519, 0x7bff],
    [65520, 0x7c00],
    [1e9, 0x7c00],
    [2 ** -24, 1],
    [2 ** -25, 0],
    [2 ** -25 * 1.5, 1],
    [1 + 2 ** -11, 0x3c00],
    [1 + 3 * 2 ** -11, 0x3c02],
    [1 / 3, 0x3555],
  ])('of %f is %i', (value, half) => {
    expect(toHalf(Float32Array.of(value))[0]).toBe(half);
  });
});
