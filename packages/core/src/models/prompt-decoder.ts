import { type Size, sameRect } from '../geometry/index.js';
import { mirrorRows } from '../refinement/index.js';
import type { InferenceSession, Tensor } from '../runtime/backend.js';
import { declaredShape, declares, featureNames, fixedSize, misfit, squareSide } from './declared-shape.js';
import { type EncodedFeatures, encoded } from './encoded-features.js';
import type { DecodeInput } from './family.js';
import { Fields, type ModelManifest } from './manifest.js';
import { previousOnGrid } from './previous-on-grid.js';

/** The encoder's result for one region. */
export interface Embeddings extends EncodedFeatures {
  /** The part of the square input that the region fills. The rest is padding. */
  readonly filled: Size;
}

/** A decoder's answer to a prompt. */
export interface DecodedPrompt {
  /** Logits of every mask token, shape [low, low], over the whole square input. */
  readonly masks: readonly Float32Array[];
  /** The network's own quality estimate of each mask, unchanged. */
  readonly qualities: Float32Array;
}

/** The two graphs of Segment Anything, as used by SAM and SAM 2. */
export interface PromptDecoder {
  /** Side of the encoder's input, in px. */
  readonly side: number;
  /** Side of the masks. */
  readonly low: number;
  /** Number of masks in an answer. */
  readonly count: number;
  /** @param data - normalised, planar, shape [3, side, side] */
  embed(data: Float32Array, filled: Size): Promise<Embeddings>;
  decode(features: Embeddings, input: DecodeInput): Promise<DecodedPrompt>;
}

export interface PromptDecoderOptions {
  /** Whether a padding point always follows the prompt, or only without a box. */
  readonly padding: 'always' | 'without-box';
}

/**
 * Reads and runs the contract of Segment Anything's graphs.
 *
 * Encoder: `image` [1, 3, S, S] → any feature maps. Decoder: those maps by the same names; `point_coords` [1, N, 2] in
 * input px, `point_labels` [1, N] with 1 positive, 0 negative, 2 and 3 the corners of a box, -1 none; `mask_input`
 * [1, 1, s, s] logits; `has_mask_input` [1]; all float32 → `low_res_masks` [1, K, s, s] logits, `iou_predictions` [1, K].
 * `orig_im_size` [2], where an export has it, asks for the smallest of the full-size masks, which are not used.
 *
 * @throws ClickmaskError `bad-model`
 */
export function createPromptDecoder(
  manifest: ModelManifest,
  sessions: Readonly<Record<string, InferenceSession>>,
  { padding }: PromptDecoderOptions,
): PromptDecoder {
  const { encoder, decoder } = sessions;
  const side = squareSide(manifest, 'encoder');
  const { width: low, height: lowHeight } = fixedSize(manifest, 'decoder', 'mask_input', 1);
  if (low !== lowHeight || side % low !== 0) {
    throw misfit(manifest, 'a square mask_input, a whole fraction of the input');
  }
  declaredShape(manifest, 'decoder', 'inputs', 'point_coords', [1, 'any', 2]);
  declaredShape(manifest, 'decoder', 'inputs', 'point_labels', [1, 'any']);
  declaredShape(manifest, 'decoder', 'inputs', 'has_mask_input', [1]);
  const [, count] = declaredShape(manifest, 'decoder', 'outputs', 'low_res_masks', [1, 'any', low, low]);
  if (typeof count !== 'number') throw misfit(manifest, 'a fixed number of masks in low_res_masks');
  declaredShape(manifest, 'decoder', 'outputs', 'iou_predictions', [1, count]);

  const inputs = manifest.graphs.decoder.inputs;
  const other = inputs.find(({ name, type }) => prompts.includes(name) && type !== 'float32');
  if (other !== undefined) throw misfit(manifest, `decoder input '${other.name}' of type float32, not ${other.type}`);
  const needed = featureNames(manifest, [...prompts, sizeInput]);
  const wantsSize = declares(manifest, 'decoder', 'inputs', sizeInput);

  return {
    side,
    low,
    count,

    async embed(data, filled) {
      const outputs = await encoder.run({ image: { type: 'float32', shape: [1, 3, side, side], data } });
      const tensors = Object.fromEntries(needed.map((name) => [name, outputs[name]]));
      return { ...encoded(tensors), filled };
    },

    async decode({ tensors, filled }, input) {
      const feeds: Record<string, Tensor> = {
        ...tensors,
        ...pointFeeds(input, filled, padding === 'always' || input.box === null),
        ...maskFeeds(input, filled, side, low),
      };
      if (wantsSize) feeds[sizeInput] = { type: 'float32', shape: [2], data: Float32Array.of(1, 1) };
      const result = await decoder.run(feeds);
      const all = result.low_res_masks.data as Float32Array;
      const plane = low * low;
      if (all.length !== count * plane) {
        throw misfit(manifest, `${count * plane} logits in low_res_masks, as its shape says, not ${all.length}`);
      }
      return {
        masks: Array.from({ length: count }, (_, i) => all.subarray(i * plane, (i + 1) * plane)),
        qualities: result.iou_predictions.data as Float32Array,
      };
    },
  };
}

const prompts = ['point_coords', 'point_labels', 'mask_input', 'has_mask_input'];
const sizeInput = 'orig_im_size';

/** The mask for an ambiguous prompt. */
export type SingleClickChoice = 'best' | 'first';

/**
 * The option `singleClick`: the `best` of the masks after the first (default), or the `first`, as for other prompts.
 */
export function readSingleClick(manifest: ModelManifest): SingleClickChoice {
  const options = new Fields(manifest.options, 'options');
  return options.has('singleClick') ? options.choice('singleClick', ['best', 'first']) : 'best';
}

/** Index of the best mask of the tokens for ambiguous prompts: all but the first, if there are several. */
export function bestOfSeveral({ qualities }: DecodedPrompt): number {
  let best = Math.min(1, qualities.length - 1);
  for (let i = best + 1; i < qualities.length; i++) if (qualities[i] > qualities[best]) best = i;
  return best;
}

/** A single click may mean several things. A box, or further clicks, rarely do. */
export const isAmbiguous = ({ clicks, box }: DecodeInput): boolean => clicks.length < 2 && box === null;

/** Corners of the box, clicks, padding. A pixel's index is scaled; the network adds the half. */
function pointFeeds(input: DecodeInput, filled: Size, padded: boolean): Record<string, Tensor> {
  const { clicks, box, roi, mirrored } = input;
  const values: number[] = [];
  const labels: number[] = [];
  const add = (column: number, row: number, label: number) => {
    const x = ((column - roi.x) * filled.width) / roi.width;
    values.push(mirrored ? filled.width - 1 - x : x, ((row - roi.y) * filled.height) / roi.height);
    labels.push(label);
  };
  if (box !== null) {
    // The authors pass the corners unchanged, without converting to a pixel's index.
    const [left, right] = mirrored ? [box.x2, box.x1] : [box.x1, box.x2];
    add(left, box.y1, 2);
    add(right, box.y2, 3);
  }
  for (const { x, y, label } of clicks) add(x - 0.5, y - 0.5, label === 'positive' ? 1 : 0);
  if (padded) {
    values.push(0, 0);
    labels.push(-1);
  }
  return {
    point_coords: { type: 'float32', shape: [1, labels.length, 2], data: Float32Array.from(values) },
    point_labels: { type: 'float32', shape: [1, labels.length], data: Float32Array.from(labels) },
  };
}

function maskFeeds(input: DecodeInput, filled: Size, side: number, low: number): Record<string, Tensor> {
  const logits = lastLogits(input, filled, side, low);
  return {
    mask_input: { type: 'float32', shape: [1, 1, low, low], data: logits ?? new Float32Array(low * low) },
    has_mask_input: { type: 'float32', shape: [1], data: Float32Array.of(logits === null ? 0 : 1) },
  };
}

/** Logits for input that is not this view's own last pass: confident, but not more than the network. */
const surest = 10;

/** The network's own last logits if it saw the same view; otherwise those of the present map or mask. */
function lastLogits(input: DecodeInput, filled: Size, side: number, low: number): Float32Array | null {
  const { previous, memory, roi, mirrored } = input;
  if (previous === null) return null;
  if (memory !== null && !mirrored && 'roi' in previous && sameRect(previous.roi, roi)) return memory;
  const part = {
    width: Math.max(1, Math.round((filled.width * low) / side)),
    height: Math.max(1, Math.round((filled.height * low) / side)),
  };
  const covered = previousOnGrid(previous, roi, part, 'area');
  if (mirrored) mirrorRows(covered, part.width);
  const logits = new Float32Array(low * low).fill(-surest);
  for (let y = 0; y < part.height; y++) {
    for (let x = 0; x < part.width; x++) {
      const share = covered[y * part.width + x];
      logits[y * low + x] = Math.min(surest, Math.max(-surest, Math.log(share / (1 - share))));
    }
  }
  return logits;
}
