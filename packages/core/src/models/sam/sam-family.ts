import type { Size } from '../../geometry/index.js';
import { applyWeights, axisWeights } from '../../image/index.js';
import { mirrorRows } from '../../refinement/index.js';
import type { InferenceSession, Tensor } from '../../runtime/backend.js';
import { declaredShape, misfit } from '../declared-shape.js';
import type { DecodeInput, DecodeOutput, Features, LoadedModel, ModelFamily } from '../family.js';
import type { ModelManifest } from '../manifest.js';
import { previousOnGrid } from '../previous-on-grid.js';
import { shrinkBytes } from './shrink-bytes.js';

interface Embeddings extends Features {
  /** The encoder's outputs, under the names by which the decoder takes them. */
  readonly tensors: Readonly<Record<string, Tensor>>;
  /** The part of the square input that the region fills; the rest is padding. */
  readonly filled: Size;
}

const mean = [123.675, 116.28, 103.53] as const;
const std = [58.395, 57.12, 57.375] as const;

/**
 * Segment Anything: an image encoder run once, and a decoder that takes clicks as points and its own last logits back.
 *
 * Encoder: `image` [1, 3, S, S], normalised and padded at the right and below with zeros → any feature maps.
 * Decoder: those maps by the same names; `point_coords` [1, N, 2] in input px, `point_labels` [1, N] with 1, 0 and -1 for
 * the padding point; `mask_input` [1, 1, s, s] logits; `has_mask_input` [1] → `low_res_masks` [1, K, s, s] logits of all
 * mask tokens, `iou_predictions` [1, K].
 *
 * The authors' choice: the best of the tokens for ambiguous prompts (1 to K - 1) for a single click, token 0 from the
 * second click on. All are offered as candidates. HQ-SAM and MobileSAM fit too where their export keeps these names.
 */
export const samFamily: ModelFamily = {
  name: 'sam',
  summary: 'Segment Anything: image encoder once, points and last logits per click',
  graphs: ['encoder', 'decoder'],
  load,
};

function load(manifest: ModelManifest, sessions: Readonly<Record<string, InferenceSession>>): LoadedModel {
  const { encoder, decoder } = sessions;
  const [, , side, width] = declaredShape(manifest, 'encoder', 'inputs', 'image', [1, 3, 'any', 'any']);
  if (typeof side !== 'number' || side !== width) throw misfit(manifest, 'a fixed square encoder input');
  const [, , low] = declaredShape(manifest, 'decoder', 'inputs', 'mask_input', [1, 1, 'any', 'any']);
  if (typeof low !== 'number' || side % low !== 0) throw misfit(manifest, 'mask_input a whole fraction of the input');
  const [, count] = declaredShape(manifest, 'decoder', 'outputs', 'low_res_masks', [1, 'any', 'any', 'any']);
  if (typeof count !== 'number') throw misfit(manifest, 'a fixed number of masks in low_res_masks');
  declaredShape(manifest, 'decoder', 'outputs', 'iou_predictions', [1, count]);
  const produced = manifest.graphs.encoder.outputs.map((tensor) => tensor.name);
  const own = ['point_coords', 'point_labels', 'mask_input', 'has_mask_input'];
  const needed = manifest.graphs.decoder.inputs.map((tensor) => tensor.name).filter((name) => !own.includes(name));
  const missing = needed.find((name) => !produced.includes(name));
  if (missing !== undefined) throw misfit(manifest, `an encoder output for the decoder's input '${missing}'`);
  const grid = { width: low, height: low };

  return {
    manifest,
    capabilities: { previousMask: true, box: false, candidates: count },

    async encode(image, { roi, mirrored }): Promise<Embeddings> {
      const filled = longestSide(roi, side);
      const bytes = shrinkBytes(image, roi, filled);
      const data = new Float32Array(3 * side * side);
      for (let channel = 0; channel < 3; channel++) {
        for (let y = 0; y < filled.height; y++) {
          for (let x = 0; x < filled.width; x++) {
            const column = mirrored ? filled.width - 1 - x : x;
            const byte = bytes[(y * filled.width + column) * 3 + channel];
            data[(channel * side + y) * side + x] = (byte - mean[channel]) / std[channel];
          }
        }
      }
      const tensors = await encoder.run({ image: { type: 'float32', shape: [1, 3, side, side], data } });
      const kept = Object.values(tensors).reduce((sum, tensor) => sum + tensor.data.byteLength, 0);
      return { bytes: kept, tensors, filled };
    },

    async decode(features, input): Promise<DecodeOutput> {
      const { tensors, filled } = features as Embeddings;
      const maps = Object.fromEntries(needed.map((name) => [name, tensors[name]]));
      const result = await decoder.run({ ...maps, ...promptFeeds(input, filled, side, grid) });
      const plane = low * low;
      const masks = result.low_res_masks.data as Float32Array;
      const memory = Array.from({ length: count }, (_, i) => masks.subarray(i * plane, (i + 1) * plane));
      const scores = Array.from(result.iou_predictions.data as Float32Array, (score) =>
        Math.min(1, Math.max(0, score)),
      );
      const single = input.clicks.length < 2 && count > 1;
      const raw = result.iou_predictions.data as Float32Array;
      const best = Array.from({ length: count - 1 }, (_, i) => i + 1).reduce((a, b) => (raw[b] > raw[a] ? b : a), 1);
      return {
        ...filled,
        logits: memory.map((mask) => enlarge(mask, low, side, filled, input.mirrored)),
        scores,
        choice: single ? best : 0,
        memory,
        filter: 'half-pixel',
        interpolate: 'logit',
      };
    },
  };
}

function longestSide(region: Size, side: number): Size {
  const scale = side / Math.max(region.width, region.height);
  return {
    width: Math.max(1, Math.floor(region.width * scale + 0.5)),
    height: Math.max(1, Math.floor(region.height * scale + 0.5)),
  };
}

function promptFeeds(input: DecodeInput, filled: Size, side: number, grid: Size): Record<string, Tensor> {
  const { clicks, roi, mirrored } = input;
  // Without a box the authors add one padding point at the end.
  const rows = clicks.length + 1;
  const coords = new Float32Array(rows * 2);
  const labels = new Float32Array(rows).fill(-1);
  clicks.forEach((click, i) => {
    // A pixel's index is scaled; the network adds the half.
    const x = ((click.x - 0.5 - roi.x) * filled.width) / roi.width;
    coords[2 * i] = mirrored ? filled.width - 1 - x : x;
    coords[2 * i + 1] = ((click.y - 0.5 - roi.y) * filled.height) / roi.height;
    labels[i] = click.label === 'positive' ? 1 : 0;
  });
  const memory = input.memory ?? startingLogits(input, filled, side, grid);
  return {
    point_coords: { type: 'float32', shape: [1, rows, 2], data: coords },
    point_labels: { type: 'float32', shape: [1, rows], data: labels },
    mask_input: {
      type: 'float32',
      shape: [1, 1, grid.height, grid.width],
      data: memory ?? new Float32Array(grid.width * grid.height),
    },
    has_mask_input: { type: 'float32', shape: [1], data: new Float32Array([memory === null ? 0 : 1]) },
  };
}

/** Logits for a mask that did not come from the network: sure, but not more than its own logits are. */
function startingLogits(input: DecodeInput, filled: Size, side: number, grid: Size): Float32Array | null {
  if (input.previous === null || !('spans' in input.previous)) return null;
  const part = {
    width: Math.max(1, Math.round((filled.width * grid.width) / side)),
    height: Math.max(1, Math.round((filled.height * grid.height) / side)),
  };
  const covered = previousOnGrid(input.previous, input.roi, part, 'area');
  const logits = new Float32Array(grid.width * grid.height).fill(-10);
  for (let y = 0; y < part.height; y++) {
    for (let x = 0; x < part.width; x++) logits[y * grid.width + x] = 20 * covered[y * part.width + x] - 10;
  }
  return logits;
}

/** The low-resolution logits on the input's grid, without the padding. */
function enlarge(mask: Float32Array, low: number, side: number, filled: Size, mirrored: boolean): Float32Array {
  const weights = axisWeights(low, side, 'half-pixel');
  const first = (size: number) => ({ ...weights, outputSize: size });
  const logits = applyWeights(mask, first(filled.width), first(filled.height));
  if (mirrored) mirrorRows(logits, filled.width);
  return logits;
}
