import { ClickmaskError } from '../../errors/index.js';
import type { DeclaredTensor, ModelManifest } from '../../models/manifest.js';
import type { GraphSource, InferenceSession, Tensor } from '../backend.js';
import { type ServedCall, unitBytes } from './graph-session.js';
import type { ServedContract } from './served-model.js';

/**
 * The click level: one call per click. It carries the image's region, and the server caches its features, so any
 * replica can answer any click. For models with two graphs: `encoder` with the single input `image`, and `decoder`.
 */

/** Whether a model can be served at the click level. */
export function hasClickLevel({ graphs }: ModelManifest): boolean {
  const names = Object.keys(graphs);
  if (names.length !== 2 || graphs.encoder === undefined || graphs.decoder === undefined) return false;
  return graphs.encoder.inputs.length === 1 && graphs.encoder.inputs[0].name === 'image';
}

/** Inputs and outputs of the server's model at this level: the image instead of its features. */
export function clickContract({ name, graphs }: ModelManifest): ServedContract {
  return {
    name: `${name}-click`,
    inputs: [graphs.encoder.inputs[0], ...promptsOf(graphs)],
    outputs: graphs.decoder.outputs,
  };
}

/** The decoder's inputs that do not come from the encoder. */
function promptsOf(graphs: ModelManifest['graphs']): readonly DeclaredTensor[] {
  const made = graphs.encoder.outputs.map(({ name }) => name);
  return graphs.decoder.inputs.filter(({ name }) => !made.includes(name));
}

/** Priority of work that nobody waits for yet. Clicks have the highest. */
const later = 2;

/**
 * The two sessions. The encoder's "features" are the image itself, under the name of the first. The others are empty.
 */
export function clickSessions(
  { manifest, bytePicture }: GraphSource,
  call: ServedCall,
): { readonly encoder: InferenceSession; readonly decoder: InferenceSession } {
  const { encoder, decoder } = manifest.graphs;
  const contract = clickContract(manifest);
  const prompts = promptsOf(manifest.graphs);
  const carrier = decoder.inputs.find(({ name }) => !prompts.some((prompt) => prompt.name === name))?.name ?? '';
  const inBytes = call.served.types.image === 'uint8' && bytePicture;
  /** The latest encoder input, for {@link InferenceSession.warm}. */
  let latest: Tensor | null = null;
  return {
    encoder: {
      provider: 'oip',
      opaque: true,
      inputs: encoder.inputs,
      outputs: encoder.outputs,
      async run({ image }) {
        latest = inBytes ? unitBytes(image) : image;
        const empty: Tensor = { type: 'float32', shape: [0], data: new Float32Array(0) };
        return Object.fromEntries(
          encoder.outputs.map(({ name }) => [name, name === carrier ? (latest as Tensor) : empty]),
        );
      },
      async warm() {
        if (latest === null) return;
        const image = latest;
        const feeds = { image, ...Object.fromEntries(prompts.map((prompt) => [prompt.name, zeros(prompt)])) };
        await call.infer(feeds, { wanted: [smallest(contract.outputs)], priority: later });
      },
      async dispose() {
        latest = null;
      },
    },
    decoder: {
      provider: 'oip',
      inputs: decoder.inputs,
      outputs: decoder.outputs,
      async run(feeds) {
        const image = feeds[carrier];
        if (image === undefined) throw new ClickmaskError('internal', 'The features of the click level hold no image.');
        return call.infer({ image, ...Object.fromEntries(prompts.map(({ name }) => [name, feeds[name]])) });
      },
      async dispose() {},
    },
  };
}

/** An empty input, as small as its shape allows. */
function zeros({ type, shape }: DeclaredTensor): Tensor {
  const sizes = shape.map((size) => (typeof size === 'number' ? size : 1));
  const count = sizes.reduce((product, size) => product * size, 1);
  if (type === 'int64') return { type, shape: sizes, data: new BigInt64Array(count) };
  if (type === 'int32') return { type, shape: sizes, data: new Int32Array(count) };
  if (type === 'float16') return { type, shape: sizes, data: new Uint16Array(count) };
  if (type === 'float32') return { type, shape: sizes, data: new Float32Array(count) };
  return { type, shape: sizes, data: new Uint8Array(count) };
}

function smallest(outputs: readonly DeclaredTensor[]): string {
  const size = ({ shape }: DeclaredTensor) =>
    shape.reduce<number>((product, one) => product * (typeof one === 'number' ? one : 1000), 1);
  return outputs.reduce((best, output) => (size(output) < size(best) ? output : best)).name;
}
