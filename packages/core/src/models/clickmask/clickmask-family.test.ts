import { describe, expect, it } from 'vitest';
import { tinyManifest } from '../../../test/support/tiny-model.js';
import type { InferenceSession, Tensor } from '../../runtime/backend.js';
import { parseManifest } from '../manifest.js';
import { clickmaskFamily } from './clickmask-family.js';

const scores = [0.2, 0.9, 0.4];

const session = (outputs: Readonly<Record<string, Tensor>>): InferenceSession => ({
  provider: 'cpu',
  inputs: [],
  outputs: [],
  run: async () => outputs,
  dispose: async () => {},
});

/** Three flat candidates; their scores favour the second. */
const sessions = {
  encoder: session({ features: { type: 'float32', shape: [1, 2, 8, 8], data: new Float32Array(128) } }),
  decoder: session({
    logits: { type: 'float32', shape: [1, 3, 8, 8], data: Float32Array.from({ length: 192 }, (_, i) => i >> 6) },
    scores: { type: 'float32', shape: [1, 3], data: Float32Array.from(scores) },
  }),
};

async function decode(options: Record<string, unknown>) {
  const manifest = tinyManifest();
  manifest.graphs.decoder.outputs = [
    { name: 'logits', type: 'float32', shape: [1, 3, 8, 8] },
    { name: 'scores', type: 'float32', shape: [1, 3] },
  ];
  const model = clickmaskFamily.load(parseManifest({ ...manifest, options }), sessions);
  const view = { roi: { x: 0, y: 0, width: 32, height: 32 }, zoomed: false, mirrored: false };
  const image = { width: 32, height: 32, data: new Uint8Array(32 * 32 * 3) };
  const clicks = [{ x: 3, y: 4, label: 'positive' as const }];
  const input = { ...view, image, clicks, box: null, previous: null, memory: null };
  return model.decode(await model.encode(image, view, 'picture'), input);
}

describe('the image that the encoder gets', () => {
  it('is of whole bytes over 255, however it was shrunk, so that it may be sent as bytes', async () => {
    let seen = new Float32Array(0);
    const model = clickmaskFamily.load(parseManifest(tinyManifest()), {
      ...sessions,
      encoder: {
        ...sessions.encoder,
        run: async ({ image }) => {
          seen = image.data as Float32Array<ArrayBuffer>;
          return sessions.encoder.run({});
        },
      },
    });
    const size = { width: 47, height: 90 };
    const data = Uint8Array.from({ length: size.width * size.height * 3 }, (_, i) => (i * i) % 251);
    const roi = { x: 0, y: 0, ...size };
    await model.encode({ ...size, data }, { roi, zoomed: false, mirrored: false }, 'picture');
    expect(new Set(seen).size).toBeGreaterThan(50);
    expect(seen.filter((value) => value !== Math.fround(Math.round(value * 255) / 255))).toEqual(new Float32Array(0));
  });
});

describe('clickmask with several candidates', () => {
  it('gives each its own logits, and their scores', async () => {
    const { logits, scores: given } = await decode({});
    expect(logits.map((plane) => [plane.length, plane[0]])).toEqual([
      [64, 0],
      [64, 1],
      [64, 2],
    ]);
    expect(given?.map((score) => score.toFixed(1))).toEqual(['0.2', '0.9', '0.4']);
  });

  it('leaves the choice to the scores, unless the manifest says that the first answers', async () => {
    expect((await decode({})).choice).toBeUndefined();
    expect((await decode({ candidate: 'best' })).choice).toBeUndefined();
    expect((await decode({ candidate: 'first' })).choice).toBe(0);
  });

  it('refuses another word', async () => {
    await expect(decode({ candidate: 'last' })).rejects.toMatchObject({ code: 'bad-model' });
  });
});
