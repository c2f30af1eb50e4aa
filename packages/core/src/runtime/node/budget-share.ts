import { type CacheBudgets, defaultBudgets } from '../../segmenter/index.js';

/** One worker's share of the budgets. Missing or undefined budgets have their defaults. */
export function budgetShare(budgets: Partial<CacheBudgets>, slots: number): CacheBudgets {
  const { pixels, features, states } = defaultBudgets;
  const share = (bytes: number) => Math.floor(bytes / slots);
  return {
    pixels: share(budgets.pixels ?? pixels),
    features: share(budgets.features ?? features),
    states: share(budgets.states ?? states),
  };
}
