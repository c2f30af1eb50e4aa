import { type Click, encodeDisks } from '../../clicks/index.js';
import type { InputPoint, Size } from '../../geometry/index.js';
import { resizeToTensor } from '../../image/index.js';
import { mirrorRows } from '../../refinement/index.js';
import type { InferenceSession, Tensor } from '../../runtime/backend.js';
import { declaredShape, squareSide } from '../declared-shape.js';
import type { DecodeInput, DecodeOutput, Features, LoadedModel, ModelFamily, View } from '../family.js';
import { Fields, type ModelManifest } from '../manifest.js';
import { previousOnGrid } from '../previous-on-grid.js';
import { previousProbabilities } from './previous-probabilities.js';

interface ImageFeatures extends Features {
  readonly tensor: Tensor;
}

/**
 * SegNext: an image encoder run once, and a decoder per click that takes a dense map of the prompt.
 *
 * Encoder: `image` [1, 3, S, S], RGB from 0 to 1, the image stretched to the square → `image_feats`. Decoder: these,
 * and `prompt_mask` [1, 3, S, S]: previous probabilities, positive and negative disks → `logits` [1, 1, S, S].
 *
 * Option: `radius` of the disks, in input px.
 */
export const segnextFamily: ModelFamily = {
  name: 'segnext',
  summary: 'SegNext: image encoder once, dense map of clicks and previous mask per click',
  graphs: ['encoder', 'decoder'],
  load,
};

function load(manifest: ModelManifest, sessions: Readonly<Record<string, InferenceSession>>): LoadedModel {
  const { encoder, decoder } = sessions;
  const side = squareSide(manifest, 'encoder');
  declaredShape(manifest, 'encoder', 'outputs', 'image_feats', [1, 'any', 'any', 'any']);
  declaredShape(manifest, 'decoder', 'inputs', 'image_feats', [1, 'any', 'any', 'any']);
  declaredShape(manifest, 'decoder', 'inputs', 'prompt_mask', [1, 3, side, side]);
  declaredShape(manifest, 'decoder', 'outputs', 'logits', [1, 1, side, side]);
  const radius = new Fields(manifest.options, 'options').number('radius', 0.1, side);
  const grid = { width: side, height: side };

  return {
    manifest,
    capabilities: { previousMask: true, box: false, candidates: 1 },

    async encode(image, { roi, mirrored }): Promise<ImageFeatures> {
      const data = resizeToTensor(image, roi, grid, 'half-pixel');
      if (mirrored) mirrorRows(data, side);
      const { image_feats } = await encoder.run({ image: { type: 'float32', shape: [1, 3, side, side], data } });
      return { bytes: image_feats.data.byteLength, tensor: image_feats };
    },

    async decode(features, input): Promise<DecodeOutput> {
      const plane = side * side;
      const data = new Float32Array(3 * plane);
      const before = previousOn(input, grid);
      if (before !== null) data.set(before);
      for (const [i, label] of (['positive', 'negative'] as const).entries()) {
        const points = input.clicks
          .filter((click) => click.label === label)
          .map((click) => inputPoint(click, input, side));
        data.set(encodeDisks(points, grid, radius), (1 + i) * plane);
      }
      const result = await decoder.run({
        image_feats: (features as ImageFeatures).tensor,
        prompt_mask: { type: 'float32', shape: [1, 3, side, side], data },
      });
      const logits = result.logits.data as Float32Array;
      if (input.mirrored) mirrorRows(logits, side);
      return { ...grid, logits: [logits], scores: null, filter: 'half-pixel', interpolate: 'logit' };
    },
  };
}

function previousOn({ previous, roi, mirrored }: DecodeInput, grid: Size): Float32Array | null {
  if (previous === null) return null;
  const data =
    'spans' in previous
      ? previousOnGrid(previous, roi, grid, 'half-pixel')
      : previousProbabilities(previous, roi, grid);
  if (mirrored) mirrorRows(data, grid.width);
  return data;
}

/** The centre of the input pixel nearest to the click's pixel, in single precision as in the authors' code. */
function inputPoint(click: Click, { roi, mirrored }: View, side: number): InputPoint {
  const nearest = (index: number, size: number) =>
    Math.trunc(Math.fround(Math.fround(index * Math.fround(side / size)) + 0.5));
  const column = nearest(click.x - 0.5 - roi.x, roi.width);
  const row = nearest(click.y - 0.5 - roi.y, roi.height);
  return { x: (mirrored ? side - 1 - column : column) + 0.5, y: row + 0.5 };
}
