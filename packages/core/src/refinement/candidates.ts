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
 * @param choice - the model's own choice, where it does not go by the best score
 * @throws ClickmaskError `bad-option` where the wanted index does not exist
 */
export function chooseCandidate(ranked: readonly number[], wanted: 'best' | number, choice = ranked[0]): number {
  if (wanted === 'best') return choice;
  if (!ranked.includes(wanted)) {
    throw unexpected('bad-option', 'candidate', `'best' or an index below ${ranked.length}`, wanted);
  }
  return wanted;
}
