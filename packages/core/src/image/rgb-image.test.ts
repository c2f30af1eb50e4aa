import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkImage, type RgbImage, rgbFromRgba } from './rgb-image.js';

const image = (width: unknown, height: unknown, data: unknown) => ({ width, height, data }) as unknown as RgbImage;

describe('checkImage', () => {
  it('accepts plain and clamped bytes of the right number', () => {
    checkImage(image(2, 1, new Uint8Array(6)));
    checkImage(image(2, 1, new Uint8ClampedArray(6)), 2);
  });

  it.each([
    ['nothing', undefined],
    ['null', null],
    ['no pixels', image(0, 1, new Uint8Array(0))],
    ['half a pixel', image(1.5, 2, new Uint8Array(9))],
    ['text as a size', image('2', 1, new Uint8Array(6))],
    ['RGBA', image(2, 1, new Uint8Array(8))],
    ['too few bytes', image(2, 1, new Uint8Array(5))],
    ['an array of numbers', image(1, 1, [1, 2, 3])],
    ['floats', image(1, 1, new Float32Array(3))],
  ])('refuses %s', (_, value) => {
    expect(() => checkImage(value as RgbImage)).toThrow(expect.objectContaining({ code: 'bad-image' }));
  });

  it('looks at the size before the bytes, and says what to do', () => {
    const call = () => checkImage(image(1e6, 1e6, new Uint8Array(0)), 64e6);
    expect(call).toThrow(expect.objectContaining({ code: 'image-too-large' }));
    expect(call).toThrow(/64000000 pixels.*1000000 x 1000000.*raise the limit/);
  });
});

describe('rgbFromRgba', () => {
  it('copies opaque pixels and shows white through the others', () => {
    const data = Uint8ClampedArray.of(10, 20, 30, 255, 9, 9, 9, 0, 0, 100, 255, 128);
    const rgb = rgbFromRgba({ width: 3, height: 1, data });
    expect([...rgb.data]).toEqual([10, 20, 30, 255, 255, 255, 127, 177, 255]);
  });

  it('rounds to the nearest byte', () => {
    fc.assert(
      fc.property(fc.nat(255), fc.nat(255), (value, alpha) => {
        const { data } = rgbFromRgba({ width: 1, height: 1, data: Uint8Array.of(value, 0, 0, alpha) });
        const exact = (value * alpha + 255 * (255 - alpha)) / 255;
        expect(Math.abs(data[0] - exact)).toBeLessThanOrEqual(0.5);
      }),
    );
  });

  it.each([
    ['RGB', { width: 2, height: 1, data: new Uint8Array(6) }],
    ['no data', { width: 1, height: 1 }],
    ['a fractional size', { width: 0.5, height: 2, data: new Uint8Array(4) }],
    ['nothing', undefined],
  ])('refuses %s', (_, value) => {
    const call = () => rgbFromRgba(value as { width: number; height: number; data: Uint8Array });
    expect(call).toThrow(expect.objectContaining({ code: 'bad-image' }));
  });
});
