import type { Tensor, TensorType } from '../backend.js';
import { fromHalf, toHalf } from './half.js';
import { CallFailure, type WireTensor } from './transport.js';

const names = {
  float32: 'FP32',
  float16: 'FP16',
  int32: 'INT32',
  int64: 'INT64',
  uint8: 'UINT8',
  bool: 'BOOL',
} as const satisfies Record<TensorType, string>;

const arrays = {
  float32: Float32Array,
  float16: Uint16Array,
  int32: Int32Array,
  int64: BigInt64Array,
  uint8: Uint8Array,
  bool: Uint8Array,
} as const satisfies Record<TensorType, unknown>;

/** The protocol's name of a type. */
export const datatypeOf = (type: TensorType): string => names[type];

/** The type with this protocol name; undefined for types that no graph here uses. */
export function typeOf(datatype: string): TensorType | undefined {
  return (Object.keys(names) as TensorType[]).find((type) => names[type] === datatype);
}

export const bytesPerElement = (type: TensorType): number => arrays[type].BYTES_PER_ELEMENT;

export const elements = (shape: readonly number[]): number => shape.reduce((product, size) => product * size, 1);

/** A tensor as bytes in the server's type. */
export function toWire(name: string, tensor: Tensor, type: TensorType): WireTensor {
  const { data } = convert(tensor, type);
  return {
    name,
    datatype: datatypeOf(type),
    shape: tensor.shape,
    bytes: new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
  };
}

/**
 * A tensor from received bytes. It is a view if they are aligned to its element size, else a copy.
 *
 * @throws CallFailure `garbage` if type, shape and bytes do not match
 */
export function fromWire({ name, datatype, shape, bytes }: WireTensor): Tensor {
  const type = typeOf(datatype);
  if (type === undefined) throw new CallFailure('garbage', `output '${name}' is of the type ${datatype.slice(0, 40)}`);
  const count = elements(shape);
  if (shape.some((size) => !Number.isSafeInteger(size) || size < 0) || count * bytesPerElement(type) !== bytes.length) {
    const said = `${bytes.length} bytes for ${datatype}[${shape.slice(0, 8).join(', ')}]`;
    throw new CallFailure('garbage', `output '${name}' has ${said}`);
  }
  const width = bytesPerElement(type);
  const { buffer, byteOffset } = bytes.byteOffset % width === 0 ? bytes : new Uint8Array(bytes);
  return { type, shape, data: new arrays[type](buffer as ArrayBuffer, byteOffset, count) };
}

/** Converts values to another type: between float32, float16, and bytes for values from 0 to 1. */
export function convert(tensor: Tensor, type: TensorType): Tensor {
  if (tensor.type === type) return tensor;
  const { shape, data } = tensor;
  if (tensor.type === 'float32' && type === 'float16') return { type, shape, data: toHalf(data as Float32Array) };
  if (tensor.type === 'float16' && type === 'float32') return { type, shape, data: fromHalf(data as Uint16Array) };
  throw new CallFailure('failed', `a tensor of ${tensor.type} cannot be sent as ${type}`);
}
