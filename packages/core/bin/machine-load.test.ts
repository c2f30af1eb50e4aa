import { expect, it } from 'vitest';
import { describeLoad, watchMachine } from './machine-load.js';

it('tells shares of the time, and never less than nothing', () => {
  const since = watchMachine();
  let sum = 0;
  for (let i = 0; i < 5e6; i++) sum += Math.sqrt(i);
  const load = since();
  expect(sum).toBeGreaterThan(0);
  expect(load.cores).toBeGreaterThanOrEqual(1);
  for (const share of [load.others, load.steal ?? 0]) {
    expect(share).toBeGreaterThanOrEqual(0);
    expect(share).toBeLessThanOrEqual(1);
  }
  expect(load.busy).toBe(load.others + (load.steal ?? 0) > 0.1);
});

it('says whether figures can be trusted', () => {
  const quiet = { cores: 2, load: 0.25, others: 0.02, steal: 0, busy: false };
  expect(describeLoad(quiet)).toBe('machine: 2 cores, load 0.3, 2 % taken by others, 0 % stolen: quiet');
  const busy = describeLoad({ ...quiet, others: 0.4, steal: null, busy: true });
  expect(busy).toBe(
    'machine: 2 cores, load 0.3, 40 % taken by others: busy: read wall times with care, and compare CPU times',
  );
});
