import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { messageField, textField, type WireField, writeFields } from '../../wire/index.js';
import { refuseExternalData } from './external-data.js';

const location = messageField(13, [textField(1, 'location'), textField(2, '../../../etc/passwd')]);
const marked: WireField = { number: 14, value: 1n };
const tensor = (...fields: WireField[]) => [textField(8, 'weights'), ...fields];
const nested = (fields: readonly WireField[], ...numbers: number[]) =>
  writeFields(numbers.reduceRight((inner, number) => [messageField(number, inner)], fields));
const message = /'weights' are in another file/;

it.each([
  ['a weight', [7, 5]],
  ['a constant', [7, 1, 5, 5]],
  ['one of several constants', [7, 1, 5, 10]],
  ['a graph inside a node', [7, 1, 5, 6, 5]],
  ['one of several graphs inside a node', [7, 1, 5, 11, 5]],
  ['a sparse weight', [7, 15, 1]],
  ['indices of a sparse weight', [7, 15, 2]],
  ['a sparse constant', [7, 1, 5, 22, 1]],
  ['sparse constants', [7, 1, 5, 23, 2]],
  ['a function', [25, 7, 5, 5]],
  ['a default of a function', [25, 11, 5]],
  ['what training begins with', [20, 1, 5]],
  ['what training runs', [20, 2, 5]],
])('refuses weights elsewhere in %s', (_, path) => {
  expect(() => refuseExternalData(nested(tensor(location, marked), ...path))).toThrow(message);
  expect(() => refuseExternalData(nested(tensor(marked), ...path))).toThrow(message);
  expect(() => refuseExternalData(nested(tensor(location), ...path))).toThrow(message);
  expect(() => refuseExternalData(nested(tensor({ number: 14, value: 0n }), ...path))).not.toThrow();
});

it('takes graphs that hold all', () => {
  for (const file of ['tiny-encoder.onnx', 'tiny-decoder.onnx']) {
    refuseExternalData(readFileSync(new URL(`../../../test/fixtures/${file}`, import.meta.url)));
  }
});

it('refuses what is no model, and graphs without end', () => {
  expect(() => refuseExternalData(new Uint8Array([255, 255, 255]))).toThrow(/not an ONNX model/);
  const deep = Array.from({ length: 40 }, () => [1, 5, 6]).flat();
  expect(() => refuseExternalData(nested([], 7, ...deep))).toThrow(/to have an end/);
});
