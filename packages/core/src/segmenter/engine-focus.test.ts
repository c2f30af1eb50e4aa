import { describe, expect, it } from 'vitest';
import { fakeEngine, fakeManifest, fakeModel, picture } from '../../test/support/fake-model.js';
import type { Click } from '../clicks/index.js';
import { layersOf } from '../image/index.js';
import { changedPixels, isSet, rectRuns, sameRuns, xor } from '../mask/index.js';
import type { Focus, LoadedModel, ModelManifest } from '../models/index.js';
import type { Prompt } from './prompt.js';
import type { EngineRequest } from './question.js';

const size = { width: 80, height: 60 };
const at = (x: number, y: number, label: Click['label'] = 'positive'): Click => ({ x, y, label });
const focused = { x: 30, y: 20, width: 10, height: 6 };

/** A model that looks again at one rectangle and finds it wholly set, or wholly not for an odd number of clicks. */
function looksTwice(options: { over?: Focus['over']; manifest?: Partial<ModelManifest> } = {}) {
  const handle = fakeModel({ manifest: options.manifest });
  const views: unknown[] = [];
  const model: LoadedModel = {
    ...handle.model,
    async encode(image, view, key) {
      views.push(view);
      return handle.model.encode(image, view, key);
    },
    async decode(features, input) {
      const coarse = await handle.model.decode(features, input);
      const data = new Float32Array([input.clicks.length % 2 === 0 ? 9 : -9]);
      const focus: Focus = {
        roi: focused,
        over: options.over ?? 'map',
        refine: async () => ({ width: 1, height: 1, data, scale: 'logit', filter: 'align-corners' }),
      };
      return { ...coarse, focus: () => (input.clicks.length > 4 ? null : focus) };
    },
  };
  return { handle: { ...handle, model }, views };
}

async function loaded(handle = fakeModel()) {
  const engine = fakeEngine(handle);
  await engine.load('a', picture(size.width, size.height));
  return (prompt: Prompt, options: EngineRequest['options'] = {}) => engine.segment({ key: 'a', prompt, options });
}

const raw = { postprocess: { structuralIntegrity: 'off' }, includeMap: true } as const;
const clicks = [at(35, 23), at(40, 30), at(10, 10), at(70, 50, 'negative'), at(20, 40)];

describe('a second look', () => {
  it('counts inside its rectangle, and only there', async () => {
    const { handle, views } = looksTwice();
    const twice = await loaded(handle);
    const once = await loaded();
    for (const count of [1, 2]) {
      const part = { clicks: clicks.slice(0, count) };
      const { runs, score } = await twice(part, raw);
      const difference = xor(runs, (await once(part, raw)).runs);
      expect(isSet(runs, 35, 23)).toBe(count === 2);
      expect(changedPixels(difference, rectRuns(size, focused))).toBeLessThanOrEqual(60);
      expect(score).toBeGreaterThan(0.5);
    }
    expect(views).toContainEqual({ roi: focused, zoomed: true, mirrored: false });
  });

  it('can leave all else as it was before', async () => {
    const ask = await loaded(looksTwice({ over: 'previous' }).handle);
    const first = await ask({ clicks: clicks.slice(0, 2) }, raw);
    const second = await ask({ clicks: clicks.slice(0, 3) }, raw);
    expect(first.map && layersOf(first.map).length).toBe(2);
    expect(second.map?.data).toEqual(first.map?.data);
    expect(isSet(second.runs, 35, 23)).toBe(false);
    const outside = rectRuns(size, focused);
    expect(sameRuns(xor(first.runs, second.runs), outside)).toBe(true);
  });

  it('gives the same however the clicks came, flipped and in a cascade', async () => {
    for (const refinement of [{}, { flip: true }, { cascade: { steps: 2 } }, { zoomIn: {} }]) {
      const options = { ...raw, refinement };
      const apart = await loaded(looksTwice({ over: 'previous' }).handle);
      for (let count = 1; count < clicks.length; count++) await apart({ clicks: clicks.slice(0, count) }, options);
      const last = await apart({ clicks }, options);
      const once = await (await loaded(looksTwice({ over: 'previous' }).handle))({ clicks }, options);
      expect(last.runs).toEqual(once.runs);
      expect(last.map).toEqual(once.map);
    }
  });

  it('hands out maps that may be altered', async () => {
    const ask = await loaded(looksTwice().handle);
    const one = await ask({ clicks: clicks.slice(0, 2) }, raw);
    for (const layer of one.map === undefined ? [] : layersOf(one.map)) layer.data.fill(0);
    const other = await ask({ clicks: clicks.slice(0, 2) }, raw);
    expect(other.runs).toEqual(one.runs);
    expect(other.map?.patches?.[0].data).toEqual(new Float32Array([9]));
  });
});

describe('progressive merge', () => {
  // Far from the clicks, where the network has no idea of it.
  const far = rectRuns(size, { x: 60, y: 5, width: 15, height: 10 });
  const merging = { refinement: { progressiveMerge: { whenUnchanged: 'keep' } } } as const;
  const holdsFar = (runs: Parameters<typeof isSet>[0]) => isSet(runs, 61, 6) && isSet(runs, 74, 14);

  it('keeps what the clicks do not touch, by default only where the model says so', async () => {
    const prompt = { clicks: [at(20, 40)], mask: far };
    const plain = await (await loaded())(prompt);
    expect(holdsFar(plain.runs)).toBe(false);
    const asked = await (await loaded())(prompt, merging);
    expect(holdsFar(asked.runs)).toBe(true);
    expect(isSet(asked.runs, 20, 40)).toBe(true);
    expect(asked.changedPixels).toBe(changedPixels(asked.runs, far));
    const manifest = { refinement: { ...fakeManifest.refinement, ...merging.refinement } };
    const byModel = await (await loaded(fakeModel({ manifest })))(prompt);
    expect(byModel.runs).toEqual(asked.runs);
    const off = await (await loaded(fakeModel({ manifest })))(prompt, { refinement: { progressiveMerge: 'off' } });
    expect(off.runs).toEqual(plain.runs);
  });

  it('goes on from the merged mask, however the clicks came, and shares nothing with the caller', async () => {
    const later = [at(20, 40), at(22, 42, 'negative'), at(66, 9, 'negative'), at(40, 20)];
    const once = await (await loaded())({ clicks: later, mask: far }, merging);
    const ask = await loaded();
    for (let count = 1; count < later.length; count++) {
      const prediction = await ask({ clicks: later.slice(0, count), mask: far }, merging);
      prediction.runs.spans.fill(0);
    }
    const last = await ask({ clicks: later, mask: far }, merging);
    expect(last.runs).toEqual(once.runs);
    expect(last.changedPixels).toBe(once.changedPixels);
  });

  it('does nothing without a starting mask', async () => {
    const prompt = { clicks: [at(20, 40), at(60, 10, 'negative')] };
    expect((await (await loaded())(prompt, merging)).runs).toEqual((await (await loaded())(prompt)).runs);
  });
});
