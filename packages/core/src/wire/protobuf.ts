import { ClickmaskError } from '../errors/index.js';

/**
 * The wire format of Protocol Buffers, without schemas, for ONNX graphs and messages of inference servers. A message is
 * the list of its fields in order, so unknown fields are kept unchanged.
 */
export interface WireField {
  readonly number: number;
  /** A varint as a bigint; anything else as its bytes. */
  readonly value: bigint | Uint8Array;
  /** Whether the value has a fixed width of 4 or 8 bytes, such as a float, and no length prefix. */
  readonly fixed?: true;
}

/** Maximum fields per message: far more than any graph has, and far less than memory can hold. */
const maxFields = 500_000;

/** The type of a field whose value is a varint. */
export const varint = 0;
const fixed64 = 1;
const lengthDelimited = 2;
const fixed32 = 5;

/**
 * The fields of one message. Their bytes are views into the input.
 *
 * @throws ClickmaskError `bad-format` if the bytes are not a message
 */
export function readFields(bytes: Uint8Array): readonly WireField[] {
  const fields: WireField[] = [];
  visitFields({ bytes, start: 0, end: bytes.length }, (number, type, { start, end }) => {
    if (fields.length === maxFields) throw damaged(`at most ${maxFields} fields`);
    const value = type === varint ? readVarint({ bytes, offset: start, end }) : bytes.subarray(start, end);
    fields.push(type === fixed64 || type === fixed32 ? { number, value, fixed: true } : { number, value });
  });
  return fields;
}

/** A part of an array of bytes. */
export interface Span {
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
}

/**
 * Calls `visit` with the number, type and value of each field of a message. It makes no views of the bytes, of which a
 * graph would need thousands.
 *
 * @throws ClickmaskError `bad-format` if the bytes are not a message
 */
export function visitFields(
  { bytes, start, end }: Span,
  visit: (number: number, type: number, value: Span) => void,
): void {
  const reader = { bytes, offset: start, end };
  while (reader.offset < end) {
    const tag = readNumber(reader);
    const number = Math.floor(tag / 8);
    if (number < 1 || number > 0x1fffffff) throw damaged('the number of a field');
    const type = tag % 8;
    const length = lengthOf(reader, type);
    const from = reader.offset;
    if (!(from + length <= end)) throw damaged(`${length} bytes more`);
    reader.offset = from + length;
    visit(number, type, { bytes, start: from, end: reader.offset });
  }
}

/**
 * The bytes of a message with these fields.
 *
 * @param room - gives the array to write into, of exactly that many bytes; default a new one
 */
export function writeFields(
  fields: readonly WireField[],
  room = (bytes: number): Uint8Array => new Uint8Array(bytes),
): Uint8Array {
  const heads = fields.map(({ number, value, fixed }) => {
    const tag = (type: number) => varintBytes((BigInt(number) << 3n) | BigInt(type));
    if (typeof value === 'bigint') return [...tag(varint), ...varintBytes(value)];
    if (fixed === true) return tag(value.length === 8 ? fixed64 : fixed32);
    return [...tag(lengthDelimited), ...varintBytes(BigInt(value.length))];
  });
  const sizes = fields.map(({ value }, i) => heads[i].length + (typeof value === 'bigint' ? 0 : value.length));
  const out = room(sizes.reduce((sum, size) => sum + size, 0));
  let offset = 0;
  for (const [i, { value }] of fields.entries()) {
    out.set(heads[i], offset);
    if (typeof value !== 'bigint') out.set(value, offset + heads[i].length);
    offset += sizes[i];
  }
  return out;
}

/** A text field. */
export const textField = (number: number, text: string): WireField => ({
  number,
  value: new TextEncoder().encode(text),
});

/** A field with a nested message. */
export const messageField = (number: number, fields: readonly WireField[]): WireField => ({
  number,
  value: writeFields(fields),
});

/** A field of whole numbers in packed form. */
export const packedField = (number: number, values: readonly number[]): WireField => ({
  number,
  value: Uint8Array.from(values.flatMap((value) => varintBytes(BigInt.asUintN(64, BigInt(value))))),
});

/** All values of a repeated bytes field. */
export function bytesOf(fields: readonly WireField[], number: number): readonly Uint8Array[] {
  return fields.flatMap((field) => (field.number === number && typeof field.value !== 'bigint' ? [field.value] : []));
}

/** The last value of a text field; empty if there is none. */
export function textOf(fields: readonly WireField[], number: number): string {
  const last = bytesOf(fields, number).at(-1);
  return last === undefined ? '' : new TextDecoder().decode(last);
}

/** All whole numbers of a repeated field, packed or not. */
export function numbersOf(fields: readonly WireField[], number: number): readonly number[] {
  return fields.flatMap((field) => {
    if (field.number !== number) return [];
    if (typeof field.value === 'bigint') return [signed(field.value)];
    const reader = { bytes: field.value, offset: 0, end: field.value.length };
    const values: number[] = [];
    while (reader.offset < field.value.length) values.push(signed(readVarint(reader)));
    return values;
  });
}

interface Reader {
  readonly bytes: Uint8Array;
  offset: number;
  readonly end: number;
}

/** Bytes of a value. Also moves the reader to its first one. */
function lengthOf(reader: Reader, type: number): number {
  switch (type) {
    case varint: {
      const { offset } = reader;
      readNumber(reader);
      const length = reader.offset - offset;
      reader.offset = offset;
      return length;
    }
    case fixed64:
      return 8;
    case lengthDelimited:
      return readNumber(reader);
    case fixed32:
      return 4;
    default:
      throw damaged('a known wire type');
  }
}

/** A varint as a number. Nearly all have one or two bytes; those beyond 53 bits are not exact. */
function readNumber(reader: Reader): number {
  const { bytes, offset, end } = reader;
  const low = bytes[offset];
  const high = low < 0x80 ? 0 : bytes[offset + 1];
  const after = offset + (low < 0x80 ? 1 : 2);
  if (!(high < 0x80) || after > end) return Number(readVarint(reader));
  reader.offset = after;
  return (low & 0x7f) + high * 0x80;
}

function readVarint(reader: Reader): bigint {
  let value = 0n;
  for (let shift = 0n; shift < 70n; shift += 7n) {
    if (reader.offset >= reader.end) throw damaged('a whole number');
    const byte = reader.bytes[reader.offset++];
    value |= BigInt(byte & 0x7f) << shift;
    if (byte < 0x80) return BigInt.asUintN(64, value);
  }
  throw damaged('a number of at most ten bytes');
}

function varintBytes(value: bigint): number[] {
  const bytes: number[] = [];
  let left = value;
  while (left > 0x7fn) {
    bytes.push(Number(left & 0x7fn) | 0x80);
    left >>= 7n;
  }
  bytes.push(Number(left));
  return bytes;
}

const signed = (value: bigint): number => Number(BigInt.asIntN(64, value));

function damaged(expected: string): ClickmaskError {
  return new ClickmaskError(
    'bad-format',
    `Expected a Protocol Buffers message with ${expected}, but it ends or differs.`,
  );
}
