import type { Click } from '../clicks/index.js';
import { type Size, wholeRect } from '../geometry/index.js';
import { layersOf, type ProbabilityMap } from '../image/index.js';
import type { MaskRuns } from '../mask/index.js';
import type { ResolvedRefinement } from '../refinement/index.js';
import type { CheckedPrompt } from './check-prompt.js';
import { fingerprint } from './fingerprint.js';
import type { Pass } from './pass.js';
import type { RefinementReport } from './prediction.js';

/** What is known after a click: enough to go on from, also where its cascade has passes left. */
export interface ClickState extends Omit<Pass, 'map' | 'roi'> {
  /** Null where there was no positive click yet, so that the network was not asked. */
  readonly map: ProbabilityMap | null;
  /** The map before this click, to tell what the click changed. */
  readonly before: ProbabilityMap | null;
  /** The mask with which a starting mask was merged; null where nothing is merged. */
  readonly merged: MaskRuns | null;
  readonly mergedBefore: MaskRuns | null;
  readonly report: RefinementReport;
}

/** The state while only negative clicks were made, which leave nothing to ask the network. */
export function nothingYet(size: Size, flip: boolean): ClickState {
  return {
    map: null,
    before: null,
    merged: null,
    mergedBefore: null,
    zoomed: null,
    memory: null,
    candidates: [{ index: 0, score: 0 }],
    candidate: 0,
    report: { steps: 0, changedPixels: [], settled: false, complete: true, roi: wholeRect(size), flip },
  };
}

/** Bytes for the cache's budget: map and memory; then what is remembered beside them, runs of about two a row among it. */
export function stateBytes({ map, memory }: ClickState, size: Size): number {
  const layers = map === null ? [] : layersOf(map);
  const mapBytes = layers.reduce((bytes, layer) => bytes + layer.data.byteLength, 0);
  return mapBytes + (memory?.byteLength ?? 0) + 400 + 20 * size.height;
}

export interface StateNaming {
  readonly key: string;
  readonly clicks: readonly Click[];
  readonly prompt: CheckedPrompt;
  readonly refinement: ResolvedRefinement;
  /** Counts too: it decides when an adaptive cascade has settled. */
  readonly threshold: number;
  /** A candidate that was asked for is that of the last click. */
  readonly candidate: 'best' | number;
  /** Counts where each mask is merged into the one before. */
  readonly postprocess: object | null;
}

/**
 * Names of the states after 0, 1, 2, ... clicks. A state is named by all that led to it, so that it is found again
 * whoever asks, and is the same whether the clicks came one by one or all at once.
 */
export function stateNames(naming: StateNaming): readonly string[] {
  const { key, clicks, prompt, refinement, threshold, candidate, postprocess } = naming;
  const start = prompt.mask === null ? '' : fingerprint(prompt.mask);
  let name = `${key}\n${JSON.stringify([prompt.box, start, refinement, threshold, postprocess])}`;
  const names = [name];
  for (const click of clicks) {
    name += `|${click.x},${click.y},${click.label === 'positive' ? '+' : '-'}`;
    names.push(name);
  }
  if (candidate !== 'best') names[clicks.length] += `#${candidate}`;
  return names;
}
