import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { messageField, numbersOf, packedField, readFields, textField, textOf, writeFields } from './protobuf.js';

describe('the wire form of Protocol Buffers', () => {
  it('is read back as it was written', () => {
    const field = fc.record({
      number: fc.integer({ min: 1, max: 0x1fffffff }),
      value: fc.oneof(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), fc.uint8Array({ maxLength: 40 })),
    });
    fc.assert(
      fc.property(fc.array(field), (fields) => {
        expect(readFields(writeFields(fields)).map(({ number, value }) => [number, value])).toEqual(
          fields.map(({ number, value }) => [number, value]),
        );
      }),
    );
  });

  it('keeps numbers of fixed width', () => {
    const bytes = Uint8Array.of(0x15, 0, 0, 0x7f, 0x43, 0x09, 1, 2, 3, 4, 5, 6, 7, 8);
    expect(writeFields(readFields(bytes))).toEqual(bytes);
  });

  it('writes what the published examples of the form say', () => {
    expect(writeFields([{ number: 1, value: 150n }])).toEqual(Uint8Array.of(0x08, 0x96, 0x01));
    expect(writeFields([textField(2, 'testing')])).toEqual(
      Uint8Array.of(0x12, 7, 0x74, 0x65, 0x73, 0x74, 0x69, 0x6e, 0x67),
    );
    expect(numbersOf([packedField(6, [3, 270, 86942])], 6)).toEqual([3, 270, 86942]);
    expect(numbersOf([packedField(6, [-1])], 6)).toEqual([-1]);
    expect(textOf(readFields(messageField(3, [textField(1, 'é')]).value as Uint8Array), 1)).toBe('é');
  });

  it('refuses what ends too early, or claims more than there is', () => {
    for (const bytes of [
      [0x08],
      [0x12, 0xff, 0xff, 0xff, 0xff, 0x0f, 1],
      [0x0b],
      [0x00, 1],
      [0x08, ...Array(11).fill(0xff)],
    ]) {
      expect(codeOfThrown(() => readFields(Uint8Array.from(bytes)))).toBe('bad-format');
    }
  });
});

function codeOfThrown(work: () => unknown): string {
  try {
    work();
    return 'none';
  } catch (error) {
    return (error as { code: string }).code;
  }
}
