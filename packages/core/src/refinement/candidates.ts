import { unexpected } from '../errors/index.js';

/**
 * Orders candidates by the model's score, best first. Equal scores keep the model's order.
 *
 * @param count - number of candidates
 * @param scores - one per candidate; null if the model gives none, which keeps the order
 */
export function rankCandidates(count: number, scores: readonly number[] | null): readonly number[] {
  const order = Array.from({ length: count }, (_, i) => i);
  return scores === null ? order : order.sort((a, b) => scores[b] - scores[a]);
}

/**
 * Index of the candidate that becomes the mask.
 *
 * @param choice - the model's own choice, if it is not the best score
 * @throws ClickmaskError `bad-option` if the wanted index does not exist
 */
export function chooseCandidate(ranked: readonly number[], wanted: 'best' | number, choice = ranked[0]): number {
  if (wanted === 'best') return choice;
  if (!ranked.includes(wanted)) {
    throw unexpected('bad-option', 'candidate', `'best' or an index below ${ranked.length}`, wanted);
  }
  return wanted;
}
