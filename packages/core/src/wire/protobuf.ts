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

const varint = 0;
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
  const reader = { bytes, offset: 0 };
  while (reader.offset < bytes.length) {
    const tag = readVarint(reader);
    const number = Number(tag >> 3n);
    if (number < 1 || number > 0x1fffffff) throw damaged('the number of a field');
    if (fields.length === maxFields) throw damaged(`at most ${maxFields} fields`);
    const type = Number(tag & 7n);
    const value = readValue(reader, type);
    fields.push(type === fixed64 || type === fixed32 ? { number, value, fixed: true } : { number, value });
  }
  return fields;
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
    const reader = { bytes: field.value, offset: 0 };
    const values: number[] = [];
    while (reader.offset < field.value.length) values.push(signed(readVarint(reader)));
    return values;
  });
}

interface Reader {
  readonly bytes: Uint8Array;
  offset: number;
}

function readValue(reader: Reader, type: number): bigint | Uint8Array {
  switch (type) {
    case varint:
      return readVarint(reader);
    case fixed64:
      return take(reader, 8);
    case lengthDelimited:
      return take(reader, Number(readVarint(reader)));
    case fixed32:
      return take(reader, 4);
    default:
      throw damaged('a known wire type');
  }
}

function take(reader: Reader, length: number): Uint8Array {
  const end = reader.offset + length;
  if (!(end <= reader.bytes.length)) throw damaged(`${length} bytes more`);
  const part = reader.bytes.subarray(reader.offset, end);
  reader.offset = end;
  return part;
}

function readVarint(reader: Reader): bigint {
  let value = 0n;
  for (let shift = 0n; shift < 70n; shift += 7n) {
    const byte = reader.bytes[reader.offset++];
    if (byte === undefined) throw damaged('a whole number');
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
