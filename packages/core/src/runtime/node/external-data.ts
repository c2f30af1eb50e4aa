import { ClickmaskError, isClickmaskError } from '../../errors/index.js';
import { bytesOf, numbersOf, readFields, type Span, textOf, varint, visitFields } from '../../wire/index.js';

type Kind = 'model' | 'graph' | 'function' | 'node' | 'attribute' | 'sparse' | 'training' | 'tensor';

/** Fields of ONNX messages that hold messages which may contain tensors, by number (onnx.proto). */
const inside: Readonly<Record<Exclude<Kind, 'tensor'>, Readonly<Record<number, Kind>>>> = {
  model: { 7: 'graph', 20: 'training', 25: 'function' },
  graph: { 1: 'node', 5: 'tensor', 15: 'sparse' },
  function: { 7: 'node', 11: 'attribute' },
  node: { 5: 'attribute' },
  attribute: { 5: 'tensor', 6: 'graph', 10: 'tensor', 11: 'graph', 22: 'sparse', 23: 'sparse' },
  sparse: { 1: 'tensor', 2: 'tensor' },
  training: { 1: 'graph', 2: 'graph' },
};
const inTensor = { name: 8, externalData: 13, dataLocation: 14 } as const;
const external = 1;

/** Maximum nesting of graphs in node attributes: deeper than any exporter goes. */
const deepest = 60;

/**
 * Refuses a graph with weights in other files. The runtime would read them relative to the process's folder, wherever
 * the model came from, and no hash covers them.
 *
 * @throws ClickmaskError `bad-model`, also if the bytes are not an ONNX model
 */
export function refuseExternalData(model: Uint8Array): void {
  try {
    visit({ bytes: model, start: 0, end: model.length }, 'model', 0);
  } catch (cause) {
    if (isClickmaskError(cause, 'bad-model')) throw cause;
    throw new ClickmaskError('bad-model', 'The graph cannot be loaded: it is not an ONNX model. Export it again.', {
      cause,
    });
  }
}

function visit(message: Span, kind: Kind, depth: number): void {
  if (depth > deepest) throw new ClickmaskError('bad-model', 'Expected graphs within graphs to have an end.');
  if (kind === 'tensor') {
    checkTensor(message);
    return;
  }
  const holders = inside[kind];
  visitFields(message, (number, type, value) => {
    if (type !== varint && Object.hasOwn(holders, number)) visit(value, holders[number], depth + 1);
  });
}

function checkTensor(message: Span): void {
  let isSuspect = false;
  visitFields(message, (number) => {
    isSuspect ||= number === inTensor.externalData || number === inTensor.dataLocation;
  });
  if (!isSuspect) return;
  const fields = readFields(message.bytes.subarray(message.start, message.end));
  const isElsewhere = numbersOf(fields, inTensor.dataLocation).includes(external);
  if (!isElsewhere && bytesOf(fields, inTensor.externalData).length === 0) return;
  const name = textOf(fields, inTensor.name).slice(0, 80);
  const text = `Expected all weights inside the graph but those of '${name}' are in another file. Export it as one file.`;
  throw new ClickmaskError('bad-model', text);
}
