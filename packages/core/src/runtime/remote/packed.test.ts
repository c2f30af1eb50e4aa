import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isClickmaskError } from '../../errors/index.js';
import { pack, unpack } from './packed.js';

test('gives back plain data with typed arrays of every kind', () => {
  const value = {
    text: 'ü',
    list: [1, null, true],
    deep: { bytes: new Uint8Array([1, 2, 3]), floats: new Float32Array([0.5, -1]), none: new Uint32Array(0) },
    big: new BigInt64Array([5n]),
  };
  expect(unpack(pack(value))).toEqual(value);
});

test('takes a Buffer for its bytes, also where it is a part of a larger one', () => {
  const data = Buffer.from([9, 9, 1, 2, 3]).subarray(2);
  expect(unpack(pack({ width: 1, height: 1, data }))).toEqual({ width: 1, height: 1, data: new Uint8Array([1, 2, 3]) });
});

test('has a number that no image reaches for Infinity', () => {
  const value = { all: Infinity, none: -Infinity, floats: new Float32Array([Infinity]) };
  expect(unpack(pack(value))).toEqual({
    ...value,
    all: Number.MAX_SAFE_INTEGER,
    none: Number.MIN_SAFE_INTEGER,
  });
});

test('round-trips arbitrary arrays', () => {
  fc.assert(
    fc.property(fc.uint8Array(), fc.float32Array(), fc.uint32Array(), (a, b, c) => {
      expect(unpack(pack({ a, nested: [{ b }], c }))).toEqual({ a, nested: [{ b }], c });
    }),
  );
});

test('refuses anything else with a code, and never crashes', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      try {
        unpack(bytes);
      } catch (error) {
        expect(isClickmaskError(error, 'bad-format')).toBe(true);
      }
    }),
  );
  const good = pack({ a: new Float64Array([1, 2]) });
  for (let end = 0; end < good.length; end++) {
    expect(() => unpack(good.subarray(0, end))).toThrow(expect.objectContaining({ code: 'bad-format' }));
  }
  const text = new TextEncoder().encode('{"$array":["constructor",0,1]}');
  const forged = new Uint8Array(4 + text.length);
  forged[0] = text.length;
  forged.set(text, 4);
  expect(() => unpack(forged)).toThrow(expect.objectContaining({ code: 'bad-format' }));
});
