import type { DeclaredTensor } from '../../models/manifest.js';
import type { GraphSource, InferenceSession, Tensor, TensorType } from '../backend.js';
import type { ResolvedServer } from './address.js';
import type { OipClient } from './client.js';
import { bytesPerElement, convert, elements, fromWire, toWire } from './datatypes.js';
import { checkServed, type ServedContract, type ServedModel, versionOf } from './served-model.js';
import { CallFailure, type WireTensor } from './transport.js';

/** A model on a server, ready to be called. */
export interface ServedCall {
  /** The server's description of it. */
  readonly served: ServedModel;
  /**
   * @param wanted - the outputs that are used; default all
   * @throws ClickmaskError `backend-unavailable`, `deadline-exceeded`, `backend-failed`, `bad-model`
   */
  infer(
    feeds: Readonly<Record<string, Tensor>>,
    options?: { readonly wanted?: readonly string[]; readonly priority?: number },
  ): Promise<Record<string, Tensor>>;
}

/** Maximum bytes of an answer whose size the manifest leaves open. */
const openBytes = 256 * 2 ** 20;

/**
 * Finds a model on the server, checks it against the manifest, and returns a way to call it. After a failed call it is
 * looked up again, because the server may have restarted with another model.
 */
export async function openServed(
  client: OipClient,
  server: ResolvedServer,
  source: GraphSource,
  contract: ServedContract,
): Promise<ServedCall> {
  const version = server.weights === 'trust' ? '' : versionOf(source.modelHash);
  const look = () => checkServed(client, { server, source, contract, version });
  let served: ServedModel | null = await look();
  const call = async (
    feeds: Readonly<Record<string, Tensor>>,
    {
      wanted = contract.outputs.map(({ name }) => name),
      priority,
    }: { wanted?: readonly string[]; priority?: number } = {},
  ) => {
    served ??= await look();
    const { types } = served;
    const expected = expectedOutputs(contract, feeds).filter(({ name }) => wanted.includes(name));
    const maxBytes = expected.reduce((sum, output) => sum + mostBytes(output), 0);
    try {
      return await client.call(`the model '${contract.name}'`, async (transport, timeoutMs) => {
        const inputs = Object.entries(feeds).map(([name, tensor]) => toServer(name, tensor, types[name], source));
        const request = { model: contract.name, version, inputs, outputs: wanted, priority, maxBytes };
        return readOutputs(await transport.infer(request, timeoutMs), expected);
      });
    } catch (error) {
      served = null;
      throw error;
    }
  };
  return { served, infer: call };
}

/**
 * A graph on a server as a session.
 *
 * @param halves - whether half-precision values may be passed on unchanged, because the next graph is on the server too
 */
export function graphSession(call: ServedCall, contract: ServedContract, halves: boolean): InferenceSession {
  const keepsHalves = halves && Object.values(call.served.types).includes('float16');
  return {
    provider: 'oip',
    opaque: keepsHalves,
    // The server's own types, such as bytes or halves, are an internal matter of this backend.
    inputs: contract.inputs,
    outputs: contract.outputs,
    async run(feeds) {
      const answer = await call.infer(feeds);
      if (halves) return answer;
      return Object.fromEntries(contract.outputs.map(({ name, type }) => [name, convert(answer[name], type)] as const));
    },
    async dispose() {},
  };
}

/** The outputs, with the sizes that these inputs imply for variable dimensions. */
function expectedOutputs(
  { inputs, outputs }: ServedContract,
  feeds: Readonly<Record<string, Tensor>>,
): readonly DeclaredTensor[] {
  const sizes = new Map<number | string, number>();
  for (const { name, shape } of inputs) {
    shape.forEach((size, i) => {
      const given = feeds[name]?.shape[i];
      if (typeof size === 'string' && given !== undefined) sizes.set(size, given);
    });
  }
  return outputs.map((output) => ({ ...output, shape: output.shape.map((size) => sizes.get(size) ?? size) }));
}

function mostBytes({ type, shape }: DeclaredTensor): number {
  if (shape.some((size) => typeof size !== 'number')) return openBytes;
  return elements(shape as readonly number[]) * bytesPerElement(type);
}

function toServer(name: string, tensor: Tensor, type: TensorType, { bytePicture }: GraphSource): WireTensor {
  if (type === 'uint8' && tensor.type === 'float32' && bytePicture) return toWire(name, unitBytes(tensor), type);
  return toWire(name, tensor, type);
}

/** The bytes of an image that consists of whole bytes / 255. */
export function unitBytes({ shape, data }: Tensor): Tensor {
  const bytes = new Uint8ClampedArray(data.length);
  // A clamped array rounds.
  for (let i = 0; i < bytes.length; i++) bytes[i] = (data as Float32Array)[i] * 255;
  return { type: 'uint8', shape, data: new Uint8Array(bytes.buffer) };
}

/** The requested outputs, checked against what is known of them. */
function readOutputs(answer: readonly WireTensor[], expected: readonly DeclaredTensor[]): Record<string, Tensor> {
  const outputs: Record<string, Tensor> = {};
  for (const { name, type, shape } of expected) {
    const wire = answer.find((output) => output.name === name);
    if (wire === undefined) throw new CallFailure('garbage', `output '${name}' is missing from its answer`);
    const tensor = fromWire(wire);
    if (!fitsShape(tensor.shape, shape)) {
      const shapes = `[${tensor.shape.slice(0, 8).join(', ')}], where [${shape.join(', ')}] was expected`;
      throw new CallFailure('garbage', `output '${name}' has the shape ${shapes}`);
    }
    if (tensor.type !== type && !(tensor.type === 'float16' && type === 'float32')) {
      throw new CallFailure('garbage', `output '${name}' is of ${tensor.type}, where ${type} was expected`);
    }
    if (!allFinite(tensor)) throw new CallFailure('garbage', `output '${name}' contains values that are not numbers`);
    outputs[name] = tensor;
  }
  return outputs;
}

const fitsShape = (shape: readonly number[], declared: readonly (number | string)[]): boolean =>
  shape.length === declared.length && declared.every((size, i) => typeof size === 'string' || shape[i] === size);

/** Non-finite values would silently produce an empty or full mask. */
function allFinite({ type, data }: Tensor): boolean {
  if (type === 'float32') {
    // A single sum detects the rare bad values. A sum of finite numbers may overflow, so a hit is checked value by
    // value.
    let sum = 0;
    for (let i = 0; i < data.length; i++) sum += (data as Float32Array)[i];
    return Number.isFinite(sum) || (data as Float32Array).every((value) => Number.isFinite(value));
  }
  if (type === 'float16') return (data as Uint16Array).every((half) => (half & 0x7c00) !== 0x7c00);
  return true;
}
