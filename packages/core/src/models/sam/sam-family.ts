import type { Size } from '../../geometry/index.js';
import { applyWeights, axisWeights } from '../../image/index.js';
import { mirrorRows } from '../../refinement/index.js';
import type { InferenceSession } from '../../runtime/backend.js';
import { clampScores } from '../encoded-features.js';
import type { DecodeOutput, LoadedModel, ModelFamily } from '../family.js';
import type { ModelManifest } from '../manifest.js';
import {
  bestOfSeveral,
  createPromptDecoder,
  type Embeddings,
  isAmbiguous,
  readSingleClick,
} from '../prompt-decoder.js';
import { shrinkBytes } from './shrink-bytes.js';

const mean = [123.675, 116.28, 103.53] as const;
const std = [58.395, 57.12, 57.375] as const;

/**
 * Segment Anything, and what kept its contract: HQ-SAM, whose decoder also takes `interm_embeddings`, and MobileSAM. An
 * image encoder run once; a decoder per click that takes clicks and box as points, and its own last logits.
 *
 * The graphs are those of `createPromptDecoder`. The image's longer side becomes the input's side, in bytes as Pillow
 * resamples; it is normalised, and padded at the right and below with zeros.
 *
 * The authors' choice: the best of the masks after the first for a single click, the first for more clicks and for
 * boxes. All are offered as candidates. Option `singleClick`: `first` where a single click takes the first too, as
 * HQ-SAM's authors do.
 */
export const samFamily: ModelFamily = {
  name: 'sam',
  summary: 'Segment Anything, HQ-SAM, MobileSAM: image encoder once, points, box and last logits per click',
  graphs: ['encoder', 'decoder'],
  load,
};

function load(manifest: ModelManifest, sessions: Readonly<Record<string, InferenceSession>>): LoadedModel {
  const decoder = createPromptDecoder(manifest, sessions, { padding: 'without-box' });
  const singleClick = readSingleClick(manifest);
  const { side, low, count } = decoder;

  return {
    manifest,
    capabilities: { previousMask: true, box: true, candidates: count },

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
      return decoder.embed(data, filled);
    },

    async decode(features, input): Promise<DecodeOutput> {
      const { filled } = features as Embeddings;
      const answer = await decoder.decode(features as Embeddings, input);
      return {
        ...filled,
        logits: answer.masks,
        enlarge: (mask) => enlarge(mask, low, side, filled, input.mirrored),
        scores: clampScores(answer.qualities),
        choice: singleClick === 'best' && isAmbiguous(input) ? bestOfSeveral(answer) : 0,
        memory: answer.masks,
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

/** Low-resolution logits on the input's grid, without the padding. */
function enlarge(mask: Float32Array, low: number, side: number, filled: Size, mirrored: boolean): Float32Array {
  const weights = axisWeights(low, side, 'half-pixel');
  const first = (size: number) => ({ ...weights, outputSize: size });
  const logits = applyWeights(mask, first(filled.width), first(filled.height));
  if (mirrored) mirrorRows(logits, filled.width);
  return logits;
}
