import { resizeToTensor } from '../../image/index.js';
import { mirrorRows } from '../../refinement/index.js';
import type { InferenceSession } from '../../runtime/backend.js';
import { clampScores } from '../encoded-features.js';
import type { DecodeOutput, LoadedModel, ModelFamily } from '../family.js';
import { Fields, type ModelManifest } from '../manifest.js';
import {
  bestOfSeveral,
  createPromptDecoder,
  type Embeddings,
  isAmbiguous,
  readSingleClick,
} from '../prompt-decoder.js';
import { type Stability, stabilityOf } from './stability.js';

const scaling = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] } as const;

/** Logits that are fed back are clipped to this magnitude. */
const surest = 32;

/**
 * SAM 2 on pictures: an image encoder run once, and a decoder per click that takes clicks and box as points, and its own
 * last logits.
 *
 * The graphs are those of `createPromptDecoder`; the encoder gives `image_embed` and the finer `high_res_feats_0` and
 * `high_res_feats_1`. The image fills the square input, whatever its shape, and is resampled in floats by a triangle
 * filter.
 *
 * The authors' choice: the best of the masks after the first for a single click, the first for more clicks and for
 * boxes, unless it is unstable. All are offered as candidates. Options: `singleClick`: `best` (default) or `first`;
 * `stability` { delta, threshold }: the first mask gives way to the best of the others where moving its logits' level
 * by `delta` changes more of it than `threshold` allows; null: never.
 */
export const sam2Family: ModelFamily = {
  name: 'sam2',
  summary: 'SAM 2 on images: image encoder once, points, box and last logits per click',
  graphs: ['encoder', 'decoder'],
  load,
};

function load(manifest: ModelManifest, sessions: Readonly<Record<string, InferenceSession>>): LoadedModel {
  const decoder = createPromptDecoder(manifest, sessions, { padding: 'always' });
  const singleClick = readSingleClick(manifest);
  const stability = readStability(manifest);
  const { side, low, count } = decoder;
  const square = { width: side, height: side };

  return {
    manifest,
    capabilities: { previousMask: true, box: true, candidates: count },

    async encode(image, { roi, mirrored }): Promise<Embeddings> {
      const data = resizeToTensor(image, roi, square, 'triangle', scaling);
      if (mirrored) mirrorRows(data, side);
      return decoder.embed(data, square);
    },

    async decode(features, input): Promise<DecodeOutput> {
      const answer = await decoder.decode(features as Embeddings, input);
      const ambiguous = singleClick === 'best' && isAmbiguous(input);
      const unstable = () => stability !== null && stabilityOf(answer.masks[0], stability.delta) < stability.threshold;
      const choice = ambiguous || unstable() ? bestOfSeveral(answer) : 0;
      const memory = answer.masks.map(limited);
      if (input.mirrored) for (const mask of answer.masks) mirrorRows(mask, low);
      return {
        width: low,
        height: low,
        logits: answer.masks,
        scores: clampScores(answer.qualities),
        choice,
        memory,
        filter: 'half-pixel',
        interpolate: 'logit',
      };
    },
  };
}

function limited(logits: Float32Array): Float32Array {
  const made = new Float32Array(logits.length);
  for (let i = 0; i < made.length; i++) made[i] = Math.min(surest, Math.max(-surest, logits[i]));
  return made;
}

function readStability(manifest: ModelManifest): Stability | null {
  const options = new Fields(manifest.options, 'options');
  if (options.isNull('stability')) return null;
  const stability = options.object('stability');
  return { delta: stability.number('delta', 0), threshold: stability.number('threshold', 0, 1) };
}
