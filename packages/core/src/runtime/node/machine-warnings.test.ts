import { expect, it } from 'vitest';
import { machineWarnings } from './machine-warnings.js';

it('has a sentence for each low limit', () => {
  expect(machineWarnings({})).toEqual([]);
  expect(machineWarnings({ memoryBytes: 768 * 2 ** 20, openFiles: 512 })).toEqual([]);
  const both = machineWarnings({ memoryBytes: 768 * 2 ** 20 - 1, openFiles: 511 });
  expect(both).toEqual([
    expect.stringMatching(/^This process may use 768 MB/),
    expect.stringMatching(/may open 511 files/),
  ]);
  expect(machineWarnings({ memoryBytes: 200 * 2 ** 20 })[0]).toMatch(/may use 200 MB of memory; below 768 MB/);
});

it('knows the limits of this process', () => {
  expect(Array.isArray(machineWarnings())).toBe(true);
});
