import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { layersOf } from '../../src/image/index.js';
import { rectRuns, thresholdMap } from '../../src/masks.js';
import {
  type Click,
  createSegmenter,
  type Segmenter,
  type SegmenterImage,
  type SegmentOptions,
} from '../../src/node.js';

const model = fileURLToPath(new URL('models/focalclick', import.meta.url));
const photo = new URL('golden/photo.png', import.meta.url);
const at = (x: number, y: number, label: Click['label'] = 'positive'): Click => ({ x, y, label });
const clicks = [
  at(128.5, 117.5),
  at(80.5, 31.5, 'negative'),
  at(135.5, 75.5),
  at(108.5, 159.5),
  at(173.5, 101.5),
  at(89.5, 87.5),
  at(169.5, 147.5),
  at(212.5, 143.5, 'negative'),
  at(145.5, 196.5, 'negative'),
  at(60.5, 157.5, 'negative'),
  at(201.5, 88.5, 'negative'),
  at(145.5, 41.5, 'negative'),
  at(128.5, 65.5),
];

let segmenter: Segmenter;
let image: SegmenterImage;
beforeAll(async () => {
  segmenter = await createSegmenter({ model, workers: 0, threads: 1 });
  image = await segmenter.open(await readFile(photo));
});
afterAll(() => segmenter.close());

/** The same image under a key of its own, so that nothing is remembered of it. */
const anew = async () => segmenter.open(await readFile(photo), { key: `photo-${Math.random()}` });

describe('FocalClick in the pipeline', () => {
  it.each<[string, SegmentOptions]>([
    ['as it is', {}],
    ['CFR-2 on every click', { refinement: { cascade: { steps: 2, settledPixels: null, clicks: 'every' } } }],
    ['A-CFR-4', { refinement: { cascade: { steps: 4, settledPixels: 20, clicks: 'every' } } }],
    ['flip', { refinement: { flip: true } }],
    [
      'no zoom-in, no structural integrity',
      { refinement: { zoomIn: 'off' }, postprocess: { structuralIntegrity: 'off' } },
    ],
  ])('gives the same past ten clicks however they came: %s', async (_, options) => {
    const apart = await anew();
    for (let count = 1; count < clicks.length; count++)
      await segmenter.segment(apart, { clicks: clicks.slice(0, count) }, options);
    const last = await segmenter.segment(apart, { clicks }, options);
    const once = await segmenter.segment(await anew(), { clicks }, options);
    expect(last.runs).toEqual(once.runs);
    expect(last.score).toBe(once.score);
    expect(last.area).toBeGreaterThan(0);
    if (options.refinement?.cascade !== undefined) expect(last.refinement.steps).toBeGreaterThan(0);
  });

  it('cuts its mask from the map it hands out, also from a worker thread', async () => {
    const raw = { includeMap: true, postprocess: { structuralIntegrity: 'off' } } as const;
    const here = await segmenter.segment(image, { clicks }, raw);
    expect(here.map && layersOf(here.map).length).toBeGreaterThan(1);
    expect(here.map && thresholdMap(here.map, image, 0.5)).toEqual(here.runs);
    const worker = await createSegmenter({ model, workers: 1, threads: 1 });
    try {
      const there = await worker.segment(await worker.open(await readFile(photo)), { clicks }, raw);
      expect(there.map).toEqual(here.map);
      expect(there.runs).toEqual(here.runs);
    } finally {
      await worker.close();
    }
  });

  it('starts from a box', async () => {
    const { area, bbox } = await segmenter.segment(image, { box: { x1: 70, y1: 50, x2: 190, y2: 190 } });
    expect(area).toBeGreaterThan(0);
    expect(bbox?.x).toBeGreaterThan(60);
  });

  it('answers whatever is clicked, wherever', async () => {
    const click = fc
      .record({ x: fc.nat(320), y: fc.nat(213), label: fc.constantFrom('positive' as const, 'negative' as const) })
      .map(({ x, y, label }) => at(x, y, label));
    const mask = rectRuns(image, { x: 10, y: 10, width: 12, height: 9 });
    await fc.assert(
      fc.asyncProperty(fc.array(click, { minLength: 1, maxLength: 13 }), fc.boolean(), async (made, corrects) => {
        const { score, runs } = await segmenter.segment(image, { clicks: made, ...(corrects ? { mask } : {}) });
        expect(score).toBeGreaterThanOrEqual(0);
        expect(runs.height).toBe(image.height);
      }),
      { numRuns: 12 },
    );
  });
});
