import { expect, it } from 'vitest';
import { createBatchWatch } from './batch-watch.js';
import type { ModelStatistics, OipTransport } from './transport.js';

const counted = (largestBatch: number): ModelStatistics => ({
  inferences: 9,
  executions: 9,
  cacheHits: 0,
  cacheMisses: 0,
  largestBatch,
});

function watch(answer: (model: string) => ModelStatistics | null) {
  const asked: string[] = [];
  const transport = {
    async modelStatistics(model: string, version: string) {
      asked.push(`${model} ${version}`);
      return answer(model);
    },
  } as unknown as OipTransport;
  const clock = { now: 0 };
  const batches = createBatchWatch(transport, () => clock.now);
  batches.add('m-encoder', '7');
  batches.add('m-decoder', '7');
  return { batches, asked, clock };
}

const settled = () => new Promise((resolve) => setTimeout(resolve, 0));

it('tells the largest batch of all models, asked at most every ten seconds, when somebody looks', async () => {
  let largest = 3;
  const { batches, asked, clock } = watch((model) => counted(model === 'm-decoder' ? largest : 1));
  expect(batches.largest(false)).toBeNull();
  expect(asked).toEqual([]);
  expect(batches.largest(true)).toBeNull();
  await settled();
  expect(asked).toEqual(['m-encoder 7', 'm-decoder 7']);
  expect(batches.largest(true)).toBe(3);
  largest = 5;
  clock.now = 10_000;
  expect(batches.largest(true)).toBe(3);
  expect(asked).toHaveLength(2);
  clock.now = 10_001;
  batches.largest(true);
  await settled();
  expect(batches.largest(false)).toBe(5);
});

it('keeps what it knows, or knows nothing, where the server does not say', async () => {
  let fails = false;
  const { batches, clock } = watch(() => {
    if (fails) throw new Error('away');
    return null;
  });
  batches.largest(true);
  await settled();
  expect(batches.largest(false)).toBeNull();
  fails = true;
  clock.now = 20_000;
  batches.largest(true);
  await settled();
  expect(batches.largest(false)).toBeNull();
});
