import type { Click } from '../clicks/index.js';
import { type Size, wholeRect } from '../geometry/index.js';
import { layersOf, type ProbabilityMap } from '../image/index.js';
import type { MaskRuns } from '../mask/index.js';
import type { ResolvedRefinement } from '../refinement/index.js';
import type { CheckedPrompt } from './check-prompt.js';
import { fingerprint } from './fingerprint.js';
import type { Pass } from './pass.js';
import type { RefinementReport } from './prediction.js';

/** The state after a click: enough to continue from, even if its cascade is unfinished. */
export interface ClickState extends Omit<Pass, 'map' | 'roi'> {
  /** Null before the first positive click, when the network has not run yet. */
  readonly map: ProbabilityMap | null;
  /** The map before this click, to compare with. */
  readonly before: ProbabilityMap | null;
  /** The mask merged from the starting mask; null if nothing is merged. */
  readonly merged: MaskRuns | null;
  readonly mergedBefore: MaskRuns | null;
  readonly report: RefinementReport;
}

/** The state while there are only negative clicks, on which the network does not run. */
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

/**
 * Bytes for the cache's budget: the map and its memory, then everything cached with them, with about two runs per row.
 */
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
  /** Included because it decides when an adaptive cascade has settled. */
  readonly threshold: number;
  /** A chosen candidate belongs to the last click. */
  readonly candidate: 'best' | number;
  /** Included if each mask is merged into the one before. */
  readonly postprocess: object | null;
}

/**
 * Names of the states after 0, 1, 2, ... clicks. A name includes everything that led to the state. Any caller therefore
 * finds it again, and it is the same whether the clicks came one by one or all at once.
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
