import { type Click, encodeDistances } from '../../clicks/index.js';
import { unexpected } from '../../errors/index.js';
import type { InputPoint, Size } from '../../geometry/index.js';
import { mirrorRows } from '../../refinement/index.js';
import type { InferenceSession, Tensor } from '../../runtime/backend.js';
import { declaredShape } from '../declared-shape.js';
import type { DecodeOutput, Features, LoadedModel, ModelFamily, View } from '../family.js';
import { Fields, type ModelManifest } from '../manifest.js';
import { resizeBytes } from './resize-bytes.js';

/** The resampled image. The whole network runs on every pass. */
interface PictureFeatures extends Features {
  readonly image: Tensor;
  readonly size: Size;
}

/** Largest input side, in px. Enlarging the shorter side of a thin region could otherwise exhaust the memory. */
const largestInput = 2 ** 24;

/** Largest distance that the network distinguishes, in input px. */
const farthest = 255;

/**
 * FCA-Net: the first click leads. No previous mask, no zoom-in: every click is a run of its own.
 *
 * One graph `network`: `image` [1, 3, H, W], RGB from 0 to 1, and three maps [1, 1, H, W] of distances in input px, at
 * most 255: `pos_dist` and `neg_dist` to the nearest click of that label, `first_dist` to the first click, whatever its
 * label → `logits` [1, 1, H, W].
 *
 * Option: `shortest`, the shorter side of the input in px, where the graph leaves the sizes open.
 */
export const fcanetFamily: ModelFamily = {
  name: 'fcanet',
  summary: 'FCA-Net: distance maps with first-click attention',
  graphs: ['network'],
  load,
};

function load(manifest: ModelManifest, sessions: Readonly<Record<string, InferenceSession>>): LoadedModel {
  const { network } = sessions;
  const [, , height, width] = declaredShape(manifest, 'network', 'inputs', 'image', [1, 3, 'any', 'any']);
  for (const name of ['pos_dist', 'neg_dist', 'first_dist']) {
    declaredShape(manifest, 'network', 'inputs', name, [1, 1, 'any', 'any']);
  }
  declaredShape(manifest, 'network', 'outputs', 'logits', [1, 1, 'any', 'any']);
  const fixed = typeof height === 'number' && typeof width === 'number' ? { width, height } : null;
  const shortest = fixed === null ? new Fields(manifest.options, 'options').integer('shortest', 16, 4096) : 0;
  return {
    manifest,
    capabilities: { previousMask: false, box: false, candidates: 1 },

    async encode(image, { roi, mirrored }): Promise<PictureFeatures> {
      const size = fixed ?? shortSide(roi, shortest);
      const data = resizeBytes(image, roi, size);
      if (mirrored) mirrorRows(data, size.width);
      return { bytes: data.byteLength, image: tensor(data, 3, size), size };
    },

    async decode(features, input): Promise<DecodeOutput> {
      const { image, size } = features as PictureFeatures;
      const distances = (clicks: readonly Click[]) => {
        const points = clicks.map((click) => inputPoint(click, input, size));
        return tensor(encodeDistances(points, size, farthest), 1, size);
      };
      const result = await network.run({
        image,
        pos_dist: distances(input.clicks.filter((click) => click.label === 'positive')),
        neg_dist: distances(input.clicks.filter((click) => click.label === 'negative')),
        first_dist: distances(input.clicks.slice(0, 1)),
      });
      const logits = result.logits.data as Float32Array;
      if (input.mirrored) mirrorRows(logits, size.width);
      return { ...size, logits: [logits], scores: null, filter: 'half-pixel', interpolate: 'probability' };
    },
  };
}

/** The longer side is truncated to a whole number, as in the authors' code. */
function shortSide(region: Size, shortest: number): Size {
  const least = Math.min(region.width, region.height);
  const width = Math.floor((region.width * shortest) / least);
  const height = Math.floor((region.height * shortest) / least);
  if (width * height > largestInput) {
    const expected = `at most ${largestInput} px once its shorter side has ${shortest}`;
    const received = `${region.width} x ${region.height} px, which become ${width} x ${height}`;
    throw unexpected('image-too-large', 'the region', expected, received, 'Crop the image to a less narrow one.');
  }
  return { width, height };
}

/** The centre of the input pixel of the click, truncated to whole numbers as in the authors' code. */
function inputPoint(click: Click, view: View, size: Size): InputPoint {
  const column = Math.floor((Math.floor(click.x - view.roi.x) * size.width) / view.roi.width);
  const row = Math.floor((Math.floor(click.y - view.roi.y) * size.height) / view.roi.height);
  return { x: (view.mirrored ? size.width - 1 - column : column) + 0.5, y: row + 0.5 };
}

function tensor(data: Float32Array, channels: number, size: Size): Tensor {
  return { type: 'float32', shape: [1, channels, size.height, size.width], data };
}
