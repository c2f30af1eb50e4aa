import { ClickmaskError, expectInteger, messageOf, unexpected } from '../errors/index.js';
import {
  type DeclaredTensor,
  type ModelFiles,
  type ModelGraph,
  type ModelManifest,
  readGraph,
  readManifest,
  sha256,
} from '../models/index.js';
import type { InferenceBackend, Tensor } from '../runtime/backend.js';
import { convert } from '../runtime/oip/datatypes.js';
import { versionOf } from '../runtime/oip/served-model.js';
import { withRim } from './onnx-graph.js';

/** A file of a server's model repository. */
export interface RepositoryFile {
  /** Path in the repository, with `/`. */
  readonly path: string;
  readonly data: Uint8Array | string;
}

/** How an inference server runs a model. All fields have defaults. */
export interface RepositoryOptions {
  /** Default `cpu`. */
  readonly device?: 'cpu' | 'gpu';
  /** Maximum requests that run as one batch. Default 1 on a CPU, where batches gain nothing, and 8 on a GPU. */
  readonly maxBatch?: number;
  /** Copies of each graph that run at the same time. Default 1. */
  readonly instances?: number;
  /** Threads per copy on a CPU. Default: all cores. */
  readonly threads?: number;
  /** Features in half precision: half the bytes, and masks that differ by a few pixels. Default false. */
  readonly halves?: boolean;
  /** Maximum waiting requests per graph. More are refused. Default 64. */
  readonly queue?: number;
}

/** A model, ready to be written to any kind of repository. */
export interface ServableModel {
  readonly manifest: ModelManifest;
  /** SHA-256 of `model.json`. */
  readonly hash: string;
  /** The version under which it is served; see `versionOf`. */
  readonly version: string;
  /** 0: the first dimension is part of the shape, and requests run one by one. */
  readonly maxBatch: number;
  readonly graphs: readonly ServableGraph[];
  readonly options: Required<Omit<RepositoryOptions, 'threads'>> & Pick<RepositoryOptions, 'threads'>;
  /** Requested features that are not possible. */
  readonly notes: readonly string[];
}

/** One graph in the server's form. */
export interface ServableGraph {
  readonly name: string;
  readonly onnx: Uint8Array;
  readonly inputs: readonly DeclaredTensor[];
  readonly outputs: readonly DeclaredTensor[];
}

/**
 * Reads a model and gives its graphs the tensor types for the server.
 *
 * @param bytePicture - whether the model's family makes images of whole bytes, which are then sent as bytes
 * @param local - tests what batching does to the graphs; without it, they run one by one
 * @throws ClickmaskError `bad-option`, `bad-model`, `model-not-found`
 */
export async function prepareModel(
  files: ModelFiles,
  given: RepositoryOptions,
  bytePicture: boolean,
  local?: InferenceBackend,
): Promise<ServableModel> {
  const options = resolve(given);
  const manifest = await readManifest(files);
  const hash = await sha256(await files.read('model.json'));
  const notes: string[] = [];
  const halves = options.halves ? handedOn(manifest) : [];
  const canOpen = Object.values(manifest.graphs).every(hasBatchDimension);
  const graphs: ServableGraph[] = [];
  for (const [name, graph] of Object.entries(manifest.graphs)) {
    const onnx = withRim(await readGraph(files, graph), {
      openBatch: canOpen,
      bytes: bytePicture && graph.inputs.some((input) => input.name === 'image') ? 'image' : undefined,
      halves: [...graph.inputs, ...graph.outputs].map((tensor) => tensor.name).filter((one) => halves.includes(one)),
    });
    const served = (tensor: DeclaredTensor): DeclaredTensor => {
      if (bytePicture && tensor.name === 'image') return { ...tensor, type: 'uint8' };
      return halves.includes(tensor.name) ? { ...tensor, type: 'float16' } : tensor;
    };
    graphs.push({ name, onnx, inputs: graph.inputs.map(served), outputs: graph.outputs.map(served) });
  }
  let maxBatch = canOpen ? options.maxBatch : 0;
  if (maxBatch > 1) {
    const unfit = await firstUnfit(graphs, manifest, hash, local);
    if (unfit !== null) {
      notes.push(`Requests are run one by one: ${unfit}`);
      maxBatch = 1;
    }
  } else if (!canOpen && (given.maxBatch ?? 1) > 1) {
    notes.push('Requests are run one by one: not all tensors of the model have a dimension for the batch.');
  }
  return { manifest, hash, version: versionOf(hash), maxBatch, graphs, options, notes };
}

function resolve(given: RepositoryOptions): ServableModel['options'] {
  const { device = 'cpu', instances = 1, threads, halves = false, queue = 64 } = given;
  if (device !== 'cpu' && device !== 'gpu') throw unexpected('bad-option', 'device', 'cpu or gpu', device);
  const { maxBatch = device === 'gpu' ? 8 : 1 } = given;
  expectInteger('bad-option', 'maxBatch', maxBatch, 1, 1024);
  expectInteger('bad-option', 'instances', instances, 1, 1024);
  if (threads !== undefined) expectInteger('bad-option', 'threads', threads, 1, 1024);
  expectInteger('bad-option', 'queue', queue, 1, 1_000_000);
  return { device, maxBatch, instances, threads, halves, queue };
}

/** Float tensors that one graph produces and another consumes. */
function handedOn({ graphs }: ModelManifest): readonly string[] {
  const taken = Object.values(graphs).flatMap(({ inputs }) => inputs.map(({ name }) => name));
  return Object.values(graphs).flatMap(({ outputs }) =>
    outputs.filter(({ name, type }) => type === 'float32' && taken.includes(name)).map(({ name }) => name),
  );
}

/** Whether every tensor has a first dimension of 1 or a variable one, and another dimension after it. */
function hasBatchDimension({ inputs, outputs }: ModelGraph): boolean {
  return [...inputs, ...outputs].every(
    ({ shape }) => shape.length > 1 && (shape[0] === 1 || typeof shape[0] === 'string'),
  );
}

/** Why two requests cannot run as one batch; null if they can. */
async function firstUnfit(
  graphs: readonly ServableGraph[],
  manifest: ModelManifest,
  hash: string,
  local: InferenceBackend | undefined,
): Promise<string | null> {
  if (local === undefined) return 'no runtime is at hand to try it. Install onnxruntime-node.';
  for (const { name, onnx, inputs } of graphs) {
    const source = { manifest, graph: name, modelHash: hash, bytePicture: false, read: async () => onnx };
    const session = await local.createSession(source, { providers: ['cpu'] });
    try {
      const one = Object.fromEntries(inputs.map((input, i) => [input.name, pattern(input, i + 1)]));
      const two = Object.fromEntries(inputs.map((input, i) => [input.name, pattern(input, i + 7)]));
      const both = Object.fromEntries(inputs.map((input) => [input.name, joined(one[input.name], two[input.name])]));
      const answers = await Promise.all([session.run(one), session.run(two), session.run(both)]);
      for (const [output, { data }] of Object.entries(answers[2])) {
        const apart = joined(answers[0][output], answers[1][output]);
        if (!alike(apart, { ...apart, data })) return `'${output}' of ${name} differs where two are run as one.`;
      }
    } catch (error) {
      return `${name} does not run with two at a time (${messageOf(error)}). Export the model with an open batch dimension.`;
    } finally {
      await session.dispose();
    }
  }
  return null;
}

/** Deterministic pseudo-random numbers that look like an input. */
function pattern({ type, shape }: DeclaredTensor, seed: number): Tensor {
  const sizes = shape.map((size, i) => (typeof size === 'number' ? size : i === 0 ? 1 : 2));
  const values = Array.from(
    { length: sizes.reduce((product, size) => product * size, 1) },
    (_, i) => (i * seed * 37) % 97,
  );
  if (type === 'uint8') return { type, shape: sizes, data: Uint8Array.from(values) };
  // Half precision has steps of one, two, ... in the exponent of numbers below one.
  if (type === 'float16') return { type, shape: sizes, data: Uint16Array.from(values, (value) => 0x3400 + value) };
  if (type === 'float32') return { type, shape: sizes, data: Float32Array.from(values, (value) => value / 97) };
  throw new ClickmaskError('bad-model', `No pattern for ${type}.`);
}

/** Within a thousandth of the largest value: kernels may sum in another order. */
function alike(a: Tensor, b: Tensor): boolean {
  const [x, y] = [convert(a, 'float32').data, convert(b, 'float32').data].map((data) => data as Float32Array);
  const largest = x.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-6);
  return x.length === y.length && x.every((value, i) => Math.abs(value - y[i]) <= 1e-3 * largest);
}

function joined(a: Tensor, b: Tensor): Tensor {
  const Kind = a.data.constructor as Float32ArrayConstructor;
  const data = new Kind(2 * a.data.length);
  data.set(a.data as Float32Array);
  data.set(b.data as Float32Array, a.data.length);
  return { type: a.type, shape: [2, ...a.shape.slice(1)], data };
}
