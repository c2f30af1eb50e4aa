import { describe, expect, it } from 'vitest';
import { rectRuns } from '../mask/index.js';
import type { Tensor } from '../runtime/backend.js';
import { clampScores } from './encoded-features.js';
import type { DecodeInput } from './family.js';
import type { DeclaredTensor, ModelManifest } from './manifest.js';
import {
  bestOfSeveral,
  createPromptDecoder,
  isAmbiguous,
  type PromptDecoderOptions,
  readSingleClick,
} from './prompt-decoder.js';

const tensor = (name: string, ...shape: (number | string)[]): DeclaredTensor => ({ name, type: 'float32', shape });

function manifestOf(alter: (manifest: ModelManifest) => void = () => {}): ModelManifest {
  const graph = { file: 'x.onnx', sha256: '', bytes: 1 };
  const manifest: ModelManifest = {
    format: 1,
    family: 'sam',
    name: 'fake',
    version: '1',
    description: '',
    licence: { id: 'MIT', commercialUse: true },
    source: { text: '' },
    threshold: 0.5,
    refinement: { cascade: { steps: 0, settledPixels: null, clicks: 'first' }, zoomIn: null, flip: false },
    graphs: {
      encoder: {
        ...graph,
        inputs: [tensor('image', 1, 3, 32, 32)],
        outputs: [tensor('early', 1, 2), tensor('late', 1)],
      },
      decoder: {
        ...graph,
        inputs: [
          tensor('late', 1),
          tensor('point_coords', 1, 'n', 2),
          tensor('point_labels', 1, 'n'),
          tensor('mask_input', 1, 1, 8, 8),
          tensor('has_mask_input', 1),
        ],
        outputs: [tensor('low_res_masks', 1, 4, 8, 8), tensor('iou_predictions', 1, 4)],
      },
    },
    options: {},
  };
  alter(manifest);
  return manifest;
}

/** A decoder over graphs that note what they are fed. */
function decoderOf(manifest = manifestOf(), options: PromptDecoderOptions = { padding: 'without-box' }) {
  const fed: Record<string, Tensor>[] = [];
  const session = (answer: Record<string, Tensor>) => ({
    provider: 'cpu' as const,
    inputs: [],
    outputs: [],
    async run(feeds: Readonly<Record<string, Tensor>>) {
      fed.push({ ...feeds });
      return answer;
    },
    async dispose() {},
  });
  const floats = (length: number): Tensor => ({ type: 'float32', shape: [length], data: new Float32Array(length) });
  const sessions = {
    encoder: session({ early: floats(2), late: floats(1) }),
    decoder: session({ low_res_masks: floats(4 * 64), iou_predictions: floats(4) }),
  };
  return { decoder: createPromptDecoder(manifest, sessions, options), fed };
}

const filled = { width: 32, height: 16 };
const roi = { x: 10, y: 20, width: 64, height: 32 };
const prompt: DecodeInput = {
  roi,
  zoomed: false,
  mirrored: false,
  image: { width: 100, height: 100 },
  clicks: [],
  box: null,
  previous: null,
  memory: null,
};

async function feedsOf(input: Partial<DecodeInput>, ...rest: Parameters<typeof decoderOf>) {
  const { decoder, fed } = decoderOf(...rest);
  await decoder.decode(await decoder.embed(new Float32Array(3 * 32 * 32), filled), { ...prompt, ...input });
  const last = fed[fed.length - 1];
  const list = (name: string) => Array.from(last[name].data as Float32Array);
  return { last, list };
}

describe('createPromptDecoder', () => {
  it('keeps of the encoder what the decoder takes', async () => {
    const { decoder } = decoderOf();
    const features = await decoder.embed(new Float32Array(3 * 32 * 32), filled);
    expect(Object.keys(features.tensors)).toEqual(['late']);
    expect(features).toMatchObject({ bytes: 4, filled });
  });

  it('gives clicks by their pixels, and a point that is none after them', async () => {
    const clicks = [
      { x: 10.5, y: 20.5, label: 'positive' },
      { x: 43.5, y: 37.5, label: 'negative' },
    ] as const;
    const { last, list } = await feedsOf({ clicks });
    expect(last.point_coords.shape).toEqual([1, 3, 2]);
    expect(list('point_coords')).toEqual([0, 0, 16.5, 8.5, 0, 0]);
    expect(list('point_labels')).toEqual([1, 0, -1]);
    const mirrored = await feedsOf({ clicks, mirrored: true });
    expect(mirrored.list('point_coords')).toEqual([31, 0, 14.5, 8.5, 0, 0]);
  });

  it('gives a box by its corners, as they are', async () => {
    const box = { x1: 10, y1: 20, x2: 74, y2: 36 };
    const clicks = [{ x: 12.5, y: 22.5, label: 'positive' }] as const;
    const sam = await feedsOf({ box, clicks });
    expect(sam.list('point_coords')).toEqual([0, 0, 32, 8, 1, 1]);
    expect(sam.list('point_labels')).toEqual([2, 3, 1]);
    const padded = await feedsOf({ box }, manifestOf(), { padding: 'always' });
    expect(padded.list('point_labels')).toEqual([2, 3, -1]);
    const mirrored = await feedsOf({ box, mirrored: true });
    expect(mirrored.list('point_coords')).toEqual([-1, 0, 31, 8]);
    expect(mirrored.list('point_labels')).toEqual([2, 3]);
  });

  it('feeds back the last logits where they are of the same view, else those of the map', async () => {
    const memory = new Float32Array(64).fill(3);
    const map = { width: 1, height: 1, data: new Float32Array([0.75]), roi, filter: 'half-pixel' } as const;
    const none = await feedsOf({});
    expect(none.list('has_mask_input')).toEqual([0]);
    expect(new Set(none.list('mask_input'))).toEqual(new Set([0]));
    const own = await feedsOf({ previous: map, memory });
    expect(own.list('has_mask_input')).toEqual([1]);
    expect(own.last.mask_input.data).toBe(memory);
    const before = { ...map, roi: { ...roi, x: 0, width: 74 } };
    const other = (await feedsOf({ previous: before, memory })).list('mask_input');
    // 16 of 32 rows are filled, so 4 of 8; the rest is padding.
    expect(other[0]).toBeCloseTo(Math.log(3), 5);
    expect(other[31]).toBeCloseTo(Math.log(3), 5);
    expect(other.slice(32)).toEqual(new Array(32).fill(-10));
    expect((await feedsOf({ previous: map, memory, mirrored: true })).last.mask_input.data).not.toBe(memory);
  });

  it('starts from a mask: sure where it is set and where it is not', async () => {
    const mask = rectRuns({ width: 100, height: 100 }, { x: 10, y: 20, width: 32, height: 32 });
    const row = (logits: number[]) => logits.slice(0, 8);
    const plain = await feedsOf({ previous: mask });
    expect(row(plain.list('mask_input'))).toEqual([10, 10, 10, 10, -10, -10, -10, -10]);
    const mirrored = await feedsOf({ previous: mask, mirrored: true });
    expect(row(mirrored.list('mask_input'))).toEqual([-10, -10, -10, -10, 10, 10, 10, 10]);
  });

  it('asks an export that enlarges masks for the smallest ones', async () => {
    const manifest = manifestOf(({ graphs }) => {
      (graphs.decoder.inputs as DeclaredTensor[]).push(tensor('orig_im_size', 2));
    });
    expect((await feedsOf({}, manifest)).list('orig_im_size')).toEqual([1, 1]);
  });

  it.each<[string, (inputs: DeclaredTensor[], outputs: DeclaredTensor[]) => void, RegExp]>([
    ['other label types', (inputs) => inputs.splice(2, 1, { ...inputs[2], type: 'int32' }), /'point_labels'.*float32/],
    ['an input from nowhere', (inputs) => inputs.push(tensor('depth', 1)), /encoder output.*'depth'/],
    [
      'masks of another size',
      (_, outputs) => outputs.splice(0, 1, tensor('low_res_masks', 1, 4, 9, 8)),
      /low_res_masks/,
    ],
    [
      'as many masks as it likes',
      (_, outputs) => outputs.splice(0, 1, tensor('low_res_masks', 1, 'k', 8, 8)),
      /number/,
    ],
    ['a mask input that is no square', (inputs) => inputs.splice(3, 1, tensor('mask_input', 1, 1, 8, 4)), /mask_input/],
  ])('refuses %s', (_, change, message) => {
    const manifest = manifestOf(({ graphs }) => {
      change(graphs.decoder.inputs as DeclaredTensor[], graphs.decoder.outputs as DeclaredTensor[]);
    });
    expect(() => decoderOf(manifest)).toThrow(
      expect.objectContaining({ code: 'bad-model', message: expect.stringMatching(message) }),
    );
  });
});

describe('the choice among masks', () => {
  const answer = (...qualities: number[]) => ({ masks: [], qualities: Float32Array.from(qualities) });

  it('is the best of those made for ambiguous prompts', () => {
    expect(bestOfSeveral(answer(0.9, 0.1, 0.5, 0.5))).toBe(2);
    expect(bestOfSeveral(answer(0.9))).toBe(0);
  });

  it('is made for a single click alone', () => {
    const click = { x: 1, y: 1, label: 'positive' } as const;
    expect(isAmbiguous({ ...prompt, clicks: [click] })).toBe(true);
    expect(isAmbiguous({ ...prompt, clicks: [click, click] })).toBe(false);
    expect(isAmbiguous({ ...prompt, clicks: [click], box: { x1: 0, y1: 0, x2: 1, y2: 1 } })).toBe(false);
  });

  it('gives scores from 0 to 1', () => {
    expect(clampScores(answer(-0.5, 0.25, 1.5).qualities)).toEqual([0, 0.25, 1]);
  });

  it('is an option', () => {
    expect(readSingleClick(manifestOf())).toBe('best');
    expect(readSingleClick({ ...manifestOf(), options: { singleClick: 'first' } })).toBe('first');
    expect(() => readSingleClick({ ...manifestOf(), options: { singleClick: 'last' } })).toThrow(/best, first/);
  });
});
