import { describe, expect, it } from 'vitest';
import { fakeManifest, picture } from '../../../test/support/fake-model.js';
import type { InferenceSession, Tensor } from '../../runtime/backend.js';
import { fcanetFamily } from './fcanet-family.js';

const map = (name: string, channels = 1) => ({ name, type: 'float32', shape: [1, channels, 'H', 'W'] }) as const;
const manifest = {
  ...fakeManifest,
  family: 'fcanet',
  graphs: {
    network: {
      file: 'network.onnx',
      sha256: '',
      bytes: 0,
      inputs: [map('image', 3), map('pos_dist'), map('neg_dist'), map('first_dist')],
      outputs: [map('logits')],
    },
  },
  options: { shortest: 512 },
};

describe('fcanet', () => {
  const model = fcanetFamily.load(manifest, { network: {} as InferenceSession });
  const encode = (width: number, height: number) =>
    model.encode(
      picture(width, height),
      { roi: { x: 0, y: 0, width, height }, zoomed: false, mirrored: false },
      'picture',
    );

  it('brings the shorter side to its size, whatever the longer one becomes', async () => {
    const { image } = (await encode(40, 10)) as unknown as { readonly image: Tensor };
    expect(image.shape).toEqual([1, 3, 512, 2048]);
  });

  it('refuses a region that is so narrow that its input would not fit in memory', async () => {
    const message = expect.stringContaining('2048000 x 512');
    await expect(encode(4000, 1)).rejects.toMatchObject({ code: 'image-too-large', message });
    await expect(encode(1, 4000)).rejects.toMatchObject({ code: 'image-too-large' });
  });
});
