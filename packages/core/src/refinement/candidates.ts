import { unexpected } from '../errors/index.js';

/**
 * Orders candidates by the model's score, best first; equal scores keep the model's order.
 *
 * @param count - how many candidates there are
 * @param scores - one per candidate, or null where the model gives none: the order stays
 */
export function rankCandidates(count: number, scores: readonly number[] | null): readonly number[] {
  const order = Array.from({ length: count }, (_, i) => i);
  return scores === null ? order : order.sort((a, b) => scores[b] - scores[a] || a - b);
}

/**
 * Index of the candidate that becomes the mask.
 *
 * @throws ClickmaskError `bad-option` where the wanted index does not exist
 */
export function chooseCandidate(ranked: readonly number[], wanted: 'best' | number): number {
  if (wanted === 'best') return ranked[0];
  if (!ranked.includes(wanted)) {
    throw unexpected('bad-option', 'candidate', `'best' or an index below ${ranked.length}`, wanted);
  }
  return wanted;
}
