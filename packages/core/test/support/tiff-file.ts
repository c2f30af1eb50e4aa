/** What the samples of a TIFF are like. */
export interface TiffOptions {
  readonly width: number;
  readonly height: number;
  readonly bands?: number;
  /** 64 is for floats. */
  readonly bits?: 8 | 16 | 32 | 64;
  readonly kind?: 'unsigned' | 'signed' | 'float' | 'complex';
  /** 1 grey, 2 RGB. */
  readonly photometric?: number;
  /** Whether the bands are stored one after the other, in strips of this many rows; `values` stay those of each pixel. */
  readonly planes?: number;
  /** What the bands after the colours are: 0 unspecified, 2 opacity. */
  readonly extra?: number;
  /** Further tags; type 3 for 16-bit, 8 for signed 16-bit, 11 for float. */
  readonly more?: readonly Field[];
}

type Field = readonly [tag: number, type: number, numbers: readonly number[]];

const kindNumbers = { unsigned: 1, signed: 2, float: 3, complex: 6 };
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
  let strips: (start: number) => void = () => {};
  for (const [i, [tag, type, numbers]] of fields.entries()) {
    const at = 10 + 12 * i;
    head.writeUInt16LE(tag, at);
    head.writeUInt16LE(type, at + 2);
    head.writeUInt32LE(numbers.length, at + 4);
    const body = Buffer.alloc(sizes[type] * numbers.length);
    for (const [k, number] of numbers.entries()) write(body, type, number, k * sizes[type]);
    if (tag === 273) {
      strips = (start) => {
        for (const [k, number] of numbers.entries()) write(body, type, start + number, k * sizes[type]);
        if (body.length <= 4) body.copy(head, at + 8);
      };
    }
    if (body.length <= 4) {
      body.copy(head, at + 8);
      continue;
    }
    head.writeUInt32LE(end, at + 8);
    tails.push(body);
    end += body.length;
  }
  strips(end);
  return Buffer.concat([head, ...tails, pixels]);
}

function samplesOf(given: readonly number[], options: TiffOptions): Buffer {
  const { bits = 16, kind = 'unsigned', bands = 1, planes } = options;
  const values =
    planes === undefined
      ? given
      : Array.from({ length: bands }, (_, band) => given.filter((_value, i) => i % bands === band)).flat();
  if (bits === 64) return Buffer.from(Float64Array.from(values).buffer);
  if (kind === 'float' && bits === 16) return Buffer.from(Uint16Array.from(values).buffer);
  if (kind === 'float' || kind === 'complex') return Buffer.from(Float32Array.from(values).buffer);
  const signed = { 8: Int8Array, 16: Int16Array, 32: Int32Array };
  const unsigned = { 8: Uint8Array, 16: Uint16Array, 32: Uint32Array };
  return Buffer.from((kind === 'signed' ? signed : unsigned)[bits].from(values).buffer);
}

function fieldsOf(options: TiffOptions, byteCount: number): readonly Field[] {
  const { width, height, bands = 1, bits = 16, kind = 'unsigned', photometric = 1, extra = 0, more = [] } = options;
  const { planes } = options;
  const rows = planes ?? height;
  const stripCount = planes === undefined ? 1 : bands * Math.ceil(height / planes);
  const rowBytes = planes === undefined ? byteCount / height : byteCount / height / bands;
  // The last strip of a plane may have fewer rows.
  const stripRows = (strip: number) => Math.min(rows, height - (strip % Math.ceil(height / rows)) * rows);
  const counts = Array.from({ length: stripCount }, (_, strip) => stripRows(strip) * rowBytes);
  const starts = counts.map((_, strip) => counts.slice(0, strip).reduce((sum, count) => sum + count, 0));
  const same = (value: number) => new Array<number>(bands).fill(value);
  const extras = bands - (photometric === 2 ? 3 : 1);
  const fields: Field[] = [
    [256, 3, [width]],
    [257, 3, [height]],
    [258, 3, same(bits)],
    [259, 3, [1]],
    [262, 3, [photometric]],
    [273, 4, starts],
    [277, 3, [bands]],
    [278, 3, [rows]],
    [279, 4, counts],
    [284, 3, [planes === undefined ? 1 : 2]],
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
