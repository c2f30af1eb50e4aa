import { ClickmaskError } from '../errors/index.js';
import {
  bytesOf,
  messageField,
  numbersOf,
  readFields,
  textField,
  textOf,
  type WireField,
  writeFields,
} from '../wire/index.js';

/** Field numbers of ONNX messages, and ONNX types. */
const inModel = { graph: 7 } as const;
const inGraph = { node: 1, initializer: 5, input: 11, output: 12, valueInfo: 13 } as const;
const inNode = { input: 1, output: 2, name: 3, opType: 4, attribute: 5 } as const;
const elementTypes = { float: 1, uint8: 2, half: 10 } as const;

/** Changes to a graph's input and output tensors. The inside stays the same. */
export interface RimOptions {
  /** Makes the first dimension of every input and output variable, so that several requests can run as one. */
  readonly openBatch?: boolean;
  /** A float input from 0 to 1 that becomes bytes. */
  readonly bytes?: string;
  /** Float inputs and outputs that become half precision. */
  readonly halves?: readonly string[];
}

/**
 * An ONNX graph with other types of inputs and outputs: casts are added after inputs and before outputs.
 *
 * @throws ClickmaskError `bad-model` if the bytes are not an ONNX model or lack a tensor to change
 */
export function withRim(model: Uint8Array, { openBatch = false, bytes, halves = [] }: RimOptions): Uint8Array {
  let fields: readonly WireField[];
  try {
    fields = readFields(model);
  } catch (cause) {
    throw new ClickmaskError('bad-model', 'Expected an ONNX model but the bytes are not one. Export it again.', {
      cause,
    });
  }
  const graph = bytesOf(fields, inModel.graph)[0];
  if (graph === undefined)
    throw new ClickmaskError('bad-model', 'Expected an ONNX model with a graph. Export it again.');
  // The runtime infers the shapes of inner tensors again.
  let parts: readonly WireField[] = readFields(graph).filter(({ number }) => number !== inGraph.valueInfo);
  if (openBatch) parts = parts.map(openFirstDimension(parts));
  if (bytes !== undefined) parts = castInput(parts, bytes, elementTypes.uint8, unitFromBytes);
  for (const name of halves) {
    parts = isInput(parts, name)
      ? castInput(parts, name, elementTypes.half, castOnly)
      : castOutput(parts, name, elementTypes.half);
  }
  const graphField = { number: inModel.graph, value: writeFields(parts) };
  return writeFields(fields.map((field) => (field.number === inModel.graph ? graphField : field)));
}

const isInput = (parts: readonly WireField[], name: string): boolean =>
  bytesOf(parts, inGraph.input).some((info) => textOf(readFields(info), 1) === name);

/** Old exporters may list weights among the inputs. */
function openFirstDimension(parts: readonly WireField[]) {
  const weights = new Set(bytesOf(parts, inGraph.initializer).map((tensor) => textOf(readFields(tensor), 8)));
  return (field: WireField): WireField => {
    const { number, value } = field;
    if ((number !== inGraph.input && number !== inGraph.output) || typeof value === 'bigint') return field;
    if (weights.has(textOf(readFields(value), 1))) return field;
    return {
      number,
      value: alter(value, [2, 1, 2], (shape) => {
        let first = true;
        return shape.map((dimension) => {
          if (dimension.number !== 1 || !first) return dimension;
          first = false;
          return messageField(1, [textField(2, 'batch')]);
        });
      }),
    };
  };
}

/** Changes a nested message. The field numbers give the path. */
function alter(
  message: Uint8Array,
  path: readonly number[],
  change: (fields: readonly WireField[]) => readonly WireField[],
): Uint8Array {
  const fields = readFields(message);
  const [step, ...rest] = path;
  if (step === undefined) return writeFields(change(fields));
  return writeFields(
    fields.map((field) =>
      field.number === step && typeof field.value !== 'bigint'
        ? { ...field, value: alter(field.value, rest, change) }
        : field,
    ),
  );
}

/** An input or output tensor with another element type. */
function retyped(
  parts: readonly WireField[],
  kind: 'input' | 'output',
  name: string,
  type: number,
): readonly WireField[] {
  let found = false;
  const changed = parts.map((field) => {
    const { number, value } = field;
    if (number !== inGraph[kind] || typeof value === 'bigint' || textOf(readFields(value), 1) !== name) return field;
    found = true;
    const withType = alter(value, [2, 1], (tensor) => {
      if (numbersOf(tensor, 1)[0] !== elementTypes.float) throw missing(`${kind} '${name}' of floats`);
      return tensor.map((one) => (one.number === 1 ? { number: 1, value: BigInt(type) } : one));
    });
    return { number, value: withType };
  });
  if (!found) throw missing(`${kind} '${name}'`);
  return changed;
}

/** Makes nodes from an input to the value that the inner graph expects. */
type Bridge = (input: string, inside: string) => readonly WireField[];

const castOnly: Bridge = (input, inside) => [node('Cast', [input], inside, [castTo(elementTypes.float)])];

/** Bytes to numbers from 0 to 1. */
const unitFromBytes: Bridge = (input, inside) => [
  node('Cast', [input], `${inside}_0`, [castTo(elementTypes.float)]),
  node('Constant', [], `${inside}_1`, [
    messageField(inNode.attribute, [textField(1, 'value_float'), { ...float(255), number: 2 }, attributeType(1)]),
  ]),
  node('Div', [`${inside}_0`, `${inside}_1`], inside, []),
];

function castInput(parts: readonly WireField[], name: string, type: number, bridge: Bridge): readonly WireField[] {
  const inside = `clickmask_${name}`;
  const typed = retyped(parts, 'input', name, type);
  const renamed = renameInNodes(typed, name, inside);
  const first = renamed.findIndex(({ number }) => number === inGraph.node);
  return [...renamed.slice(0, first), ...bridge(name, inside), ...renamed.slice(first)];
}

function castOutput(parts: readonly WireField[], name: string, type: number): readonly WireField[] {
  const inside = `clickmask_${name}`;
  const typed = renameInNodes(retyped(parts, 'output', name, type), name, inside);
  const last = typed.findLastIndex(({ number }) => number === inGraph.node);
  return [...typed.slice(0, last + 1), node('Cast', [inside], name, [castTo(type)]), ...typed.slice(last + 1)];
}

/** Inputs and outputs of nodes. Graphs inside nodes (branches, loops) need not be searched here. */
function renameInNodes(parts: readonly WireField[], from: string, to: string): readonly WireField[] {
  return parts.map((field) => {
    const { number, value } = field;
    if (number !== inGraph.node || typeof value === 'bigint') return field;
    const fields = readFields(value);
    const isName = (one: WireField) => one.number === inNode.input || one.number === inNode.output;
    if (!fields.some((one) => isName(one) && textOf([one], one.number) === from)) return field;
    const renamed = fields.map((one) =>
      isName(one) && textOf([one], one.number) === from ? textField(one.number, to) : one,
    );
    return { number, value: writeFields(renamed) };
  });
}

function node(opType: string, inputs: readonly string[], output: string, attributes: readonly WireField[]): WireField {
  return messageField(inGraph.node, [
    ...inputs.map((name) => textField(inNode.input, name)),
    textField(inNode.output, output),
    textField(inNode.name, `${output}_${opType}`),
    textField(inNode.opType, opType),
    ...attributes,
  ]);
}

const attributeType = (type: number): WireField => ({ number: 20, value: BigInt(type) });

const castTo = (type: number): WireField =>
  messageField(inNode.attribute, [textField(1, 'to'), { number: 3, value: BigInt(type) }, attributeType(2)]);

function float(value: number): WireField {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setFloat32(0, value, true);
  return { number: 0, value: bytes, fixed: true };
}

function missing(what: string): ClickmaskError {
  return new ClickmaskError(
    'bad-model',
    `Expected the graph to have an ${what} but found none. Export the model again.`,
  );
}
