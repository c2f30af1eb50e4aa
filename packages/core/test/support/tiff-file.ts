/** What the samples of a TIFF are like. */
export interface TiffOptions {
  readonly width: number;
  readonly height: number;
  readonly bands?: number;
  readonly bits?: 8 | 16 | 32;
  readonly kind?: 'unsigned' | 'signed' | 'float';
  /** 1 grey, 2 RGB. */
  readonly photometric?: 1 | 2;
  /** What the bands after the colours are: 0 unspecified, 2 opacity. */
  readonly extra?: number;
  /** Further tags; type 3 for 16-bit, 8 for signed 16-bit, 11 for float. */
  readonly more?: readonly Field[];
}

type Field = readonly [tag: number, type: number, numbers: readonly number[]];

const kindNumbers = { unsigned: 1, signed: 2, float: 3 };
const sizes: Readonly<Record<number, number>> = { 3: 2, 4: 4, 8: 2, 11: 4 };

/**
 * Writes a small uncompressed TIFF of any kind of samples, as measuring instruments do.
 *
 * @param values - one of each band for each pixel
 */
export function tiffOf(values: readonly number[], options: TiffOptions): Buffer {
  const pixels = samplesOf(values, options);
  const fields = fieldsOf(options, pixels.length);
  const head = Buffer.alloc(8 + 2 + 12 * fields.length + 4);
  head.write('II*\0', 'latin1');
  head.writeUInt32LE(8, 4);
  head.writeUInt16LE(fields.length, 8);
  const tails: Buffer[] = [];
  let end = head.length;
  let stripAt = 0;
  for (const [i, [tag, type, numbers]] of fields.entries()) {
    const at = 10 + 12 * i;
    head.writeUInt16LE(tag, at);
    head.writeUInt16LE(type, at + 2);
    head.writeUInt32LE(numbers.length, at + 4);
    if (tag === 273) stripAt = at + 8;
    const body = Buffer.alloc(sizes[type] * numbers.length);
    for (const [k, number] of numbers.entries()) write(body, type, number, k * sizes[type]);
    if (body.length <= 4) {
      body.copy(head, at + 8);
      continue;
    }
    head.writeUInt32LE(end, at + 8);
    tails.push(body);
    end += body.length;
  }
  head.writeUInt32LE(end, stripAt);
  return Buffer.concat([head, ...tails, pixels]);
}

function samplesOf(values: readonly number[], { bits = 16, kind = 'unsigned' }: TiffOptions): Buffer {
  if (kind === 'float') return Buffer.from(Float32Array.from(values).buffer);
  const signed = { 8: Int8Array, 16: Int16Array, 32: Int32Array };
  const unsigned = { 8: Uint8Array, 16: Uint16Array, 32: Uint32Array };
  return Buffer.from((kind === 'signed' ? signed : unsigned)[bits].from(values).buffer);
}

function fieldsOf(options: TiffOptions, byteCount: number): readonly Field[] {
  const { width, height, bands = 1, bits = 16, kind = 'unsigned', photometric = 1, extra = 0, more = [] } = options;
  const same = (value: number) => new Array<number>(bands).fill(value);
  const extras = bands - (photometric === 2 ? 3 : 1);
  const fields: Field[] = [
    [256, 3, [width]],
    [257, 3, [height]],
    [258, 3, same(bits)],
    [259, 3, [1]],
    [262, 3, [photometric]],
    [273, 4, [0]],
    [277, 3, [bands]],
    [278, 3, [height]],
    [279, 4, [byteCount]],
    [284, 3, [1]],
    [339, 3, same(kindNumbers[kind])],
    ...more,
  ];
  if (extras > 0) fields.push([338, 3, new Array<number>(extras).fill(extra)]);
  return fields.sort((a, b) => a[0] - b[0]);
}

function write(buffer: Buffer, type: number, value: number, at: number): void {
  if (type === 3) buffer.writeUInt16LE(value, at);
  else if (type === 8) buffer.writeInt16LE(value, at);
  else if (type === 11) buffer.writeFloatLE(value, at);
  else buffer.writeUInt32LE(value, at);
}
