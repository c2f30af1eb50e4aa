import { expect, it } from 'vitest';
import { defaultBudgets } from '../../segmenter/index.js';
import { budgetShare } from './budget-share.js';

it('divides what is given and the defaults alike among the workers', () => {
  const { features, states } = defaultBudgets;
  expect(budgetShare({}, 1)).toEqual(defaultBudgets);
  expect(budgetShare({ pixels: 7, states: undefined }, 2)).toEqual({
    pixels: 3,
    features: features / 2,
    states: states / 2,
  });
});
