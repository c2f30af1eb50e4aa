import type { Click } from '../clicks/index.js';
import { type Box, type Rect, type Size, wholeRect } from '../geometry/index.js';
import { type ProbabilityMap, pasteOnMap, probabilitiesOf, readOnGrid, sigmoid } from '../image/index.js';
import { bounds, type MaskRuns } from '../mask/index.js';
import type { DecodeOutput, Features, LoadedModel, PreviousMask, View } from '../models/index.js';
import {
  averageLogits,
  chooseCandidate,
  type ResolvedRefinement,
  rankCandidates,
  zoomRegion,
} from '../refinement/index.js';
import type { cutMask as CutMask } from './postprocess.js';
import type { Candidate } from './prediction.js';

/** The input of one pass. */
export interface PassInput {
  /** Size of the image. */
  readonly key: string;
  readonly size: Size;
  readonly clicks: readonly Click[];
  readonly box: Box | null;
  readonly previous: PreviousMask | null;
  /** What zoom-in measures, if not the previous map or mask. */
  readonly seen: MaskRuns | null;
  readonly memory: Float32Array | null;
  /** The current region of zoom-in. */
  readonly current: Rect | null;
  /** The region to use, whatever zoom-in says; null lets zoom-in choose. */
  readonly roi: Rect | null;
  readonly refinement: ResolvedRefinement;
  readonly candidate: 'best' | number;
}

/** The result of one pass: everything that the next pass needs. */
export interface Pass {
  readonly map: ProbabilityMap;
  /** The region that the network saw. */
  readonly roi: Rect;
  /** The region that zoom-in continues with. */
  readonly zoomed: Rect | null;
  /** The family's data for the next pass. */
  readonly memory: Float32Array | null;
  /** Best first. */
  readonly candidates: readonly Candidate[];
  readonly candidate: number;
}

export interface PassTools {
  readonly model: LoadedModel;
  readonly featuresOf: (key: string, view: View) => Promise<Features>;
  readonly cutMask: typeof CutMask;
}

/** One whole pass: chooses the region, runs the network, chooses the candidate. */
export async function runPass({ model, featuresOf, cutMask }: PassTools, input: PassInput): Promise<Pass> {
  const { key, size, clicks, box, previous, refinement } = input;
  let roi = input.roi ?? wholeRect(size);
  let shownIn = roi;
  let zoomed = input.roi !== null;
  let nextZoomed: Rect | null = null;
  if (refinement.zoomIn !== null && input.roi === null) {
    const { zoomIn } = refinement;
    const cut = (mask: PreviousMask) => ('spans' in mask ? mask : cutMask(mask, size, zoomIn.threshold));
    const mask = input.seen ?? (previous === null ? null : cut(previous));
    const view = zoomRegion(mask === null ? null : bounds(mask), clicks, input.current, size, zoomIn);
    ({ roi, shownIn, zoomed } = view);
    nextZoomed = view.current;
  }
  const look = async (mirrored: boolean) => {
    const asked = { roi, zoomed, mirrored, image: size, clicks, box, previous, memory: input.memory };
    return model.decode(await featuresOf(key, asked), asked);
  };
  const plain = await look(false);
  const ranked = rankCandidates(plain.logits.length, plain.scores);
  const candidate = chooseCandidate(ranked, input.candidate, plain.choice);
  // A copy, because candidates are views of one larger array.
  const chosen = ({ logits, enlarge }: DecodeOutput) =>
    enlarge === undefined ? logits[candidate].slice() : enlarge(logits[candidate]);
  const logits = refinement.flip ? averageLogits(chosen(plain), chosen(await look(true))) : chosen(plain);
  const { width, height, filter, interpolate } = plain;
  const data = interpolate === 'logit' ? logits : sigmoid(logits);
  let map: ProbabilityMap = { width, height, data, scale: interpolate, roi: shownIn, filter };
  const focus = plain.focus?.(map, (one, probability) => cutMask(one, size, probability)) ?? null;
  if (focus !== null) {
    const part = { roi: focus.roi, zoomed: true, mirrored: false };
    const patch = { ...(await focus.refine(await featuresOf(key, part))), roi: focus.roi };
    map = pasteOnMap(focus.over === 'previous' && previous !== null && 'roi' in previous ? previous : map, patch);
  }
  const candidates = ranked.map((index) => ({
    index,
    score: plain.scores?.[index] ?? meanInside(map, model.manifest.threshold),
  }));
  return { map, roi, zoomed: nextZoomed, memory: plain.memory?.[candidate].slice() ?? null, candidates, candidate };
}

/** Mean probability of the cells above the threshold: replaces the score of models without one. */
function meanInside(map: ProbabilityMap, threshold: number): number {
  let sum = 0;
  let count = 0;
  // A patched map is sampled.
  const values =
    map.patches === undefined ? probabilitiesOf(map) : readOnGrid(map, map.roi, { width: 64, height: 64 }, map.filter);
  // By index: iterating over a typed array costs milliseconds here on every click.
  for (let i = 0; i < values.length; i++) {
    if (values[i] > threshold) {
      sum += values[i];
      count += 1;
    }
  }
  return count === 0 ? 0 : sum / count;
}
