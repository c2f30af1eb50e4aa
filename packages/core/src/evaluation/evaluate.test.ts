import { describe, expect, it } from 'vitest';
import type { Click } from '../clicks/index.js';
import { createMask, type Mask } from '../mask/index.js';
import type { EvaluationSample } from './datasets.js';
import { evaluateDataset } from './evaluate-dataset.js';
import { evaluateSample, type SampleResult } from './evaluate-sample.js';
import type { GroundTruth } from './ground-truth.js';
import { summarizeResults } from './metrics.js';
import { numberOfClicks } from './noc.js';

/** An object of 10 x 10 pixels in an image of 20 x 20. */
function square(): GroundTruth {
  const data = new Uint8Array(400);
  for (let y = 5; y < 15; y++) data.fill(1, y * 20 + 5, y * 20 + 15);
  return { width: 20, height: 20, data };
}

/** Gets `count` object pixels right, in row-major order. */
function partial(truth: GroundTruth, count: number): Mask {
  const mask = createMask(truth.width, truth.height);
  let left = count;
  truth.data.forEach((value, p) => {
    if (value === 1 && left-- > 0) mask.data[p] = 1;
  });
  return mask;
}

describe('numberOfClicks', () => {
  it('counts from 1, includes the threshold itself, and gives the limit where it is not reached', () => {
    expect(numberOfClicks([0.9], 0.9)).toBe(1);
    expect(numberOfClicks([0.1, 0.84999, 0.85], 0.85)).toBe(3);
    expect(numberOfClicks([0.1, 0.2], 0.8)).toBe(20);
    expect(numberOfClicks([], 0.8, 7)).toBe(7);
  });

  it('takes the first time, although the IoU fell again', () => {
    expect(numberOfClicks([0.91, 0.4, 0.95], 0.9)).toBe(1);
  });
});

describe('evaluateSample', () => {
  it('hands over one click more each time, and goes on past every threshold', async () => {
    const truth = square();
    const seen: (readonly Click[])[] = [];
    const result = await evaluateSample(truth, async (clicks) => {
      seen.push(clicks);
      return partial(truth, 95 + Math.min(4, clicks.length));
    });
    expect(seen.map((clicks) => clicks.length)).toEqual(Array.from({ length: 5 }, (_, i) => i + 1));
    expect(seen[0]).toEqual([{ x: 9.5, y: 9.5, label: 'positive' }]);
    // Four pixels in a row are left after the first click, then three, two, one; that one is clicked in vain.
    expect(result.ious.slice(0, 6)).toEqual([0.96, 0.97, 0.98, 0.99, 0.99, 0.99]);
    expect(result.ious).toHaveLength(20);
    expect(result.clicks).toHaveLength(5);
    expect(result.seconds).toBeGreaterThanOrEqual(0);
  });

  it('makes all 20 clicks where the mask never gets better', async () => {
    const result = await evaluateSample(square(), async () => createMask(20, 20));
    expect(result.clicks).toHaveLength(20);
    expect(result.ious).toEqual(new Array(20).fill(0));
    expect(new Set(result.clicks.map(({ x, y }) => `${x},${y}`)).size).toBe(20);
  });

  it('carries the last IoU forward from a perfect mask', async () => {
    const truth = square();
    const result = await evaluateSample(truth, async (clicks) => partial(truth, clicks.length === 1 ? 50 : 100));
    expect(result.clicks).toHaveLength(2);
    expect(result.ious).toEqual([0.5, ...new Array(19).fill(1)]);
  });

  it('can stop at the highest threshold', async () => {
    const truth = square();
    const predict = async (clicks: readonly Click[]) => partial(truth, 93 + clicks.length);
    const result = await evaluateSample(truth, predict, { stopEarly: true, maxClicks: 5 });
    expect(result.clicks).toHaveLength(2);
    expect(result.ious).toEqual([0.94, 0.95, 0.95, 0.95, 0.95]);
  });

  it('is told to stop by a signal', async () => {
    const controller = new AbortController();
    const running = evaluateSample(
      square(),
      async () => {
        controller.abort();
        return createMask(20, 20);
      },
      { signal: controller.signal },
    );
    await expect(running).rejects.toMatchObject({ code: 'aborted' });
  });

  it.each([
    ['an object', { width: 2, height: 1, data: new Uint8Array([0, 255]) }],
    ['the promised number of values', { width: 2, height: 2, data: new Uint8Array([1]) }],
    ['bytes', { width: 2, height: 1, data: [0, 1] as unknown as Uint8Array }],
    ['a size', { width: 0, height: 1, data: new Uint8Array() }],
  ])('refuses a ground truth without %s', async (_, truth) => {
    await expect(evaluateSample(truth, async () => createMask(2, 1))).rejects.toMatchObject({ code: 'bad-dataset' });
  });

  it('refuses a prediction of another size, and a limit below 1', async () => {
    await expect(evaluateSample(square(), async () => createMask(10, 20))).rejects.toMatchObject({
      code: 'bad-dataset',
    });
    const predict = async () => createMask(20, 20);
    await expect(evaluateSample(square(), predict, { maxClicks: 0 })).rejects.toMatchObject({ code: 'bad-option' });
  });
});

describe('summarizeResults', () => {
  const click: Click = { x: 1, y: 1, label: 'positive' };
  const result = (ious: number[], clicks: number, seconds: number): SampleResult => ({
    ious,
    clicks: new Array(clicks).fill(click),
    seconds,
  });

  it('gives means over samples, failures, and time over clicks', () => {
    const report = summarizeResults([
      result([0.5, 0.86, 0.96], 3, 1),
      result([0.91, 1, 1], 2, 2),
      result([0.1, 0.2, 0.81], 3, 1),
    ]);
    expect(report.samples).toBe(3);
    expect(report.noc).toEqual({ '0.80': (2 + 1 + 3) / 3, '0.85': 2, '0.90': (3 + 1 + 3) / 3, '0.95': 8 / 3 });
    // The first sample succeeds at the last click at 0.90 and 0.95, which counts as a failure by convention.
    expect(report.nof).toEqual({ '0.80': 1, '0.85': 1, '0.90': 2, '0.95': 2 });
    expect(report.miou.map((value) => value.toFixed(4))).toEqual(['0.5033', '0.6867', '0.9233']);
    expect(report.clicks).toBe(8);
    expect(report.secondsPerClick).toBe(0.5);
  });

  it('refuses no results, and results of unlike length', () => {
    expect(() => summarizeResults([])).toThrow(expect.objectContaining({ code: 'bad-dataset' }));
    const unlike = [result([1], 1, 1), result([1, 1], 1, 1)];
    expect(() => summarizeResults(unlike)).toThrow(expect.objectContaining({ code: 'bad-dataset' }));
  });
});

describe('evaluateDataset', () => {
  const samples = (count: number): EvaluationSample[] =>
    Array.from({ length: count }, (_, i) => ({ name: `sample ${i}`, image: new Uint8Array([i]), truth: square() }));

  it('opens, clicks, reports and closes each sample in turn', async () => {
    const log: string[] = [];
    const report = await evaluateDataset(
      samples(2),
      async ({ name, image, truth }) => {
        log.push(`open ${name}`);
        return {
          predict: async () => partial(truth, image[0] === 0 ? 100 : 90),
          close: async () => {
            log.push(`close ${name}`);
          },
        };
      },
      { maxClicks: 3, onSample: (name, { ious }, index) => log.push(`${index} ${name} ${ious[0]}`) },
    );
    expect(log).toEqual([
      'open sample 0',
      '0 sample 0 1',
      'close sample 0',
      'open sample 1',
      '1 sample 1 0.9',
      'close sample 1',
    ]);
    expect(report.noc).toEqual({ '0.80': 1, '0.85': 1, '0.90': 1, '0.95': 2 });
    expect(report.miou).toHaveLength(3);
    expect(report.clicks).toBe(4);
  });

  it('closes the sample that fails', async () => {
    let closed = 0;
    const open = async () => ({
      predict: async () => createMask(1, 1),
      close: async () => {
        closed++;
      },
    });
    await expect(evaluateDataset(samples(1), open)).rejects.toMatchObject({ code: 'bad-dataset' });
    expect(closed).toBe(1);
  });

  it('refuses an empty data set', async () => {
    const open = async () => ({ predict: async () => createMask(1, 1) });
    await expect(evaluateDataset([], open)).rejects.toMatchObject({ code: 'bad-dataset' });
  });
});

describe('taking up an evaluation again', () => {
  it('counts what is known and does not run it again; a starting mask comes before the first click', async () => {
    const truth = square();
    const start = partial(truth, 50);
    const samples: EvaluationSample[] = [
      { name: 'done', image: new Uint8Array(), truth },
      { name: 'new', image: new Uint8Array(), truth, start },
    ];
    const opened: string[] = [];
    const clicks: (readonly Click[])[] = [];
    const open = async (sample: EvaluationSample) => {
      opened.push(sample.name);
      return {
        predict: async (made: readonly Click[]) => {
          clicks.push(made);
          return partial(truth, 100);
        },
      };
    };
    const before: SampleResult = { ious: [0.5, 0.5], clicks: [{ x: 1, y: 1, label: 'positive' }], seconds: 3 };
    const report = await evaluateDataset(samples, open, { maxClicks: 2, known: new Map([['done', before]]) });
    expect(opened).toEqual(['new']);
    expect(report.samples).toBe(2);
    expect(report.miou[0]).toBeCloseTo(0.75);
    // The lower half is missing, and that is where the click falls.
    expect(clicks[0][0].y).toBeGreaterThan(10);
  });

  it('counts no seconds of samples that it does not come to', async () => {
    const samples: EvaluationSample[] = [{ name: 'done', image: new Uint8Array(), truth: square() }];
    const open = async () => ({ predict: async () => createMask(20, 20) });
    const done: SampleResult = { ious: [1], clicks: [{ x: 1, y: 1, label: 'positive' }], seconds: 3 };
    const known = new Map([
      ['done', done],
      ['beyond the limit', { ...done, seconds: 1e9 }],
    ]);
    expect((await evaluateDataset(samples, open, { known })).secondsPerClick).toBeLessThan(1e9);
  });
});
