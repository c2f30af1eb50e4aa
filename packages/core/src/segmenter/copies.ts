import type { ProbabilityMap } from '../image/index.js';
import type { MaskRuns } from '../mask/index.js';

export function copyRuns(runs: MaskRuns): MaskRuns {
  return { ...runs, rows: runs.rows.slice(), spans: runs.spans.slice() };
}

export function copyMap(map: ProbabilityMap): ProbabilityMap {
  const { patches, ...own } = map;
  const copy = { ...own, data: own.data.slice() };
  if (patches === undefined) return copy;
  return { ...copy, patches: patches.map((patch) => ({ ...patch, data: patch.data.slice() })) };
}
