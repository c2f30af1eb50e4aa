import { deflateSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { readSbdInstances } from './sbd-instances.js';

function element(type: number, data: Uint8Array): Uint8Array {
  const padded = Math.ceil(data.length / 8) * 8;
  const out = new Uint8Array(8 + padded);
  const view = new DataView(out.buffer);
  view.setUint32(0, type, true);
  view.setUint32(4, data.length, true);
  out.set(data, 8);
  return out;
}

const int32s = (...values: number[]) => new Uint8Array(Int32Array.from(values).buffer);
const join = (...parts: Uint8Array[]) => Uint8Array.from(parts.flatMap((part) => [...part]));

/** GTinst with one field, as MATLAB writes it. */
function file(width: number, height: number, columns: readonly number[], options: { compressed: boolean }): Uint8Array {
  const segmentation = element(
    14,
    join(
      element(6, int32s(9, 0)),
      element(5, int32s(height, width)),
      element(1, new Uint8Array()),
      element(2, Uint8Array.from(columns)),
    ),
  );
  // Sizes of up to 4 bytes are packed into the tag.
  const fieldLength = new Uint8Array(8);
  new DataView(fieldLength.buffer).setUint32(0, (4 << 16) | 5, true);
  new DataView(fieldLength.buffer).setUint32(4, 32, true);
  const name = new Uint8Array(32);
  name.set(new TextEncoder().encode('Segmentation'));
  const gt = element(
    14,
    join(
      element(6, int32s(2, 0)),
      element(5, int32s(1, 1)),
      element(1, new TextEncoder().encode('GTinst')),
      fieldLength,
      element(1, name),
      segmentation,
    ),
  );
  const header = new Uint8Array(128);
  if (!options.compressed) return join(header, gt);
  const packed = deflateSync(gt);
  const tag = new Uint8Array(8);
  new DataView(tag.buffer).setUint32(0, 15, true);
  new DataView(tag.buffer).setUint32(4, packed.length, true);
  return join(header, tag, packed);
}

describe('readSbdInstances', () => {
  it.each([true, false])('reads the segmentation, columns first (compressed: %s)', async (compressed) => {
    const { width, height, data } = await readSbdInstances(file(3, 2, [1, 2, 3, 4, 5, 6], { compressed }));
    expect([width, height, ...data]).toEqual([3, 2, 1, 3, 5, 2, 4, 6]);
  });

  it('refuses what is cut off, wherever it is', async () => {
    const whole = file(3, 2, [1, 2, 3, 4, 5, 6], { compressed: false });
    for (let length = 0; length < whole.length - 8; length += 8) {
      await expect(readSbdInstances(whole.subarray(0, length))).rejects.toMatchObject({ code: 'bad-dataset' });
    }
  });
});
