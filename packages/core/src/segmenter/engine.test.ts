import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { codeOf, fakeEngine, fakeManifest, fakeModel, picture } from '../../test/support/fake-model.js';
import type { Click } from '../clicks/index.js';
import { area, isSet, rectRuns, runsFromMask } from '../mask/index.js';
import type { Engine } from './engine.js';
import type { Prompt } from './prompt.js';
import type { EngineRequest } from './question.js';
import type { DraftMask } from './segmenter.js';

const size = { width: 80, height: 60 };
const at = (x: number, y: number, label: Click['label'] = 'positive'): Click => ({ x, y, label });
const clicks = [at(20, 20), at(60, 45, 'negative'), at(35, 30), at(36, 30), at(5, 55, 'negative')];

async function loaded(...[handle, settings]: Parameters<typeof fakeEngine>): Promise<Engine> {
  const engine = fakeEngine(handle, settings);
  await engine.load('a', picture(size.width, size.height));
  return engine;
}
const ask = (engine: Engine, prompt: Prompt, options: EngineRequest['options'] = {}, key = 'a') =>
  engine.segment({ key, prompt, options });

describe('createEngine', () => {
  it('gives the mask around the clicks, with its measures', async () => {
    const result = await ask(await loaded(), { clicks: [at(20, 20)] });
    expect(isSet(result.runs, 20, 20)).toBe(true);
    expect(isSet(result.runs, 75, 55)).toBe(false);
    expect(result.area).toBe(area(result.runs));
    expect(result.changedPixels).toBe(result.area);
    expect(result).toMatchObject({ ...size, provider: 'cpu', model: 'fake 1', candidate: 0, notes: [] });
    expect(result.score).toBeGreaterThan(0.5);
    expect(result.bbox).not.toBeNull();
  });

  it('gives the same bytes however the clicks came, and after every cache has dropped everything', async () => {
    const refinements = [{}, { cascade: { steps: 2 } }, { zoomIn: {}, flip: true }] as const;
    for (const refinement of refinements) {
      const once = await ask(await loaded(), { clicks }, { refinement });
      const engine = await loaded();
      for (let n = 1; n < clicks.length; n++) {
        const { runs } = await ask(engine, { clicks: clicks.slice(0, n) }, { refinement });
        // Its own copy: what becomes of it is of no concern to the next click.
        runs.spans.fill(0);
      }
      // Undo, another way, and back.
      await ask(engine, { clicks: [...clicks.slice(0, 2), at(70, 5)] }, { refinement });
      const oneByOne = await ask(engine, { clicks }, { refinement });
      const tiny = await loaded(fakeModel(), { budgets: { features: 0, states: 0 } });
      for (let n = 1; n < clicks.length; n++) await ask(tiny, { clicks: clicks.slice(0, n) }, { refinement });
      const evicted = await ask(tiny, { clicks }, { refinement });
      for (const other of [oneByOne, evicted]) {
        expect(other.runs).toEqual(once.runs);
        expect(other.score).toBe(once.score);
        expect(other.changedPixels).toBe(once.changedPixels);
        expect(other.refinement).toEqual(once.refinement);
      }
    }
  });

  it('gives a mask that does not depend on what was asked before, whatever that was', async () => {
    const click = fc
      .record({ x: fc.nat(80), y: fc.nat(60), label: fc.constantFrom('positive' as const, 'negative' as const) })
      .map(({ x, y, label }) => at(x, y, label));
    const options = fc.record({
      refinement: fc.constantFrom(
        {},
        { cascade: { steps: 4, settledPixels: 20 } },
        { zoomIn: {} },
        { zoomIn: { minSize: 10, largestShare: 0.3 } },
      ),
      postprocess: fc.constantFrom({}, { threshold: 0.9 }, { threshold: 0.2 }, { fillHoles: Number.POSITIVE_INFINITY }),
      candidate: fc.constantFrom('best' as const, 0, 1),
    });
    const request = fc.record({ clicks: fc.array(click, { minLength: 1, maxLength: 4 }), options });
    const earlierRequest = fc.record({ request, passes: fc.constantFrom(undefined, 1, 2) });
    await fc.assert(
      fc.asyncProperty(
        fc.array(earlierRequest, { maxLength: 6 }),
        request,
        async (earlier, { clicks: wanted, options }) => {
          const used = await loaded(fakeModel({ candidates: 2 }), { budgets: { states: 5000 } });
          for (const { request: before, passes } of earlier) {
            await ask(used, { clicks: before.clicks }, { ...before.options, passes });
          }
          const fresh = await loaded(fakeModel({ candidates: 2 }));
          const [a, b] = [await ask(used, { clicks: wanted }, options), await ask(fresh, { clicks: wanted }, options)];
          expect({ ...a, timings: null }).toEqual({ ...b, timings: null });
        },
      ),
      { numRuns: 60 },
    );
  });

  it('asks the network once per click, and not at all for a click it has served', async () => {
    const handle = fakeModel();
    const engine = await loaded(handle);
    await ask(engine, { clicks: clicks.slice(0, 1) });
    await ask(engine, { clicks: clicks.slice(0, 2) });
    expect(handle.calls).toMatchObject({ encodes: 1, decodes: 2 });
    await ask(engine, { clicks: clicks.slice(0, 1) });
    expect(handle.calls.decodes).toBe(2);
    expect(await engine.stats()).toMatchObject({ images: 1, encodes: 1, predictions: 3, pixelBytes: 80 * 60 * 3 });
  });

  it('answers a long history by its first positive click and the last pass', async () => {
    const many = Array.from({ length: 150 }, (_, i) => at(10 + (i % 15), 10 + Math.floor(i / 15)));
    const handle = fakeModel();
    const engine = await loaded(handle);
    const once = await ask(engine, { clicks: many });
    expect(handle.calls.decodes).toBe(2);
    for (const { x, y } of many) expect(isSet(once.runs, x, y)).toBe(true);
    await ask(engine, { clicks: [...many, at(30, 30)] });
    expect(handle.calls.decodes).toBe(3);
    const negative = fakeModel();
    const late = await loaded(negative);
    await ask(late, { clicks: [...many.slice(0, 25).map(({ x, y }) => at(x, y, 'negative')), at(60, 45)] });
    expect(negative.calls.decodes).toBe(1);
  });

  it.each([
    [20, 19],
    [21, 2],
  ])('answers %i new clicks by %i passes, in a history that begins with negative ones too', async (count, passes) => {
    const handle = fakeModel();
    const many = Array.from({ length: count }, (_, i) => at(10 + i, 10, i === 0 ? 'negative' : 'positive'));
    const { runs } = await ask(await loaded(handle), { clicks: many });
    expect(handle.calls.decodes).toBe(passes);
    expect(isSet(runs, 20, 10)).toBe(true);
  });

  it('answers the box before a long history of clicks', async () => {
    const handle = fakeModel({ box: true });
    const box = { x1: 5, y1: 5, x2: 40, y2: 40 };
    const many = Array.from({ length: 5 }, () => clicks).flat();
    const engine = await loaded(handle);
    await ask(engine, { box });
    expect(handle.calls.decodes).toBe(1);
    await ask(engine, { box, clicks: many });
    expect(handle.calls.decodes).toBe(2);
    const fresh = fakeModel({ box: true });
    await ask(await loaded(fresh), { box, clicks: many });
    expect(fresh.calls.decodes).toBe(2);
  });

  it('prepares the features of the whole image ahead', async () => {
    const handle = fakeModel();
    const engine = await loaded(handle);
    await engine.prepare('a');
    expect(handle.calls.encodes).toBe(1);
    const { timings } = await ask(engine, { clicks: [at(20, 20)] });
    expect(handle.calls.encodes).toBe(1);
    expect(timings.encode).toBe(0);
  });

  it('reports cascade steps, and settles', async () => {
    const fixed = await ask(await loaded(), { clicks: [at(20, 20)] }, { refinement: { cascade: { steps: 3 } } });
    expect(fixed.refinement).toMatchObject({ steps: 3, settled: false });
    expect(fixed.refinement.changedPixels).toHaveLength(3);
    const adaptive = await ask(
      await loaded(),
      { clicks: [at(20, 20)] },
      { refinement: { cascade: { steps: 20, settledPixels: 20 } } },
    );
    expect(adaptive.refinement.settled).toBe(true);
    expect(adaptive.refinement.changedPixels.at(-1)).toBeLessThanOrEqual(20);
  });

  it('tells the mask of the first pass where more follow, once, and none of what it knows', async () => {
    const engine = await loaded();
    const plain = await ask(await loaded(), { clicks }, { refinement: { cascade: { steps: 0 } } });
    const drafts: DraftMask[] = [];
    const asked = async (steps: number) => {
      drafts.length = 0;
      const request = { key: 'a', prompt: { clicks }, options: { refinement: { cascade: { steps } } } };
      return engine.segment(request, (draft) => drafts.push(draft));
    };
    const refined = await asked(2);
    expect(drafts).toHaveLength(1);
    expect(area(drafts[0].runs)).toBeGreaterThan(0);
    // Handed over as it is: nothing of it is kept.
    drafts[0].runs.spans.fill(0);
    expect((await asked(2)).runs).toEqual(refined.runs);
    expect(drafts).toEqual([]);
    expect((await asked(0)).runs).toEqual(plain.runs);
    expect(drafts).toEqual([]);
    const first = await loaded();
    const one = { key: 'a', prompt: { clicks: clicks.slice(0, 1) } };
    await first.segment({ ...one, options: { refinement: { cascade: { steps: 1 } } } }, (draft) => drafts.push(draft));
    const alone = await ask(await loaded(), one.prompt, { refinement: { cascade: { steps: 0 } } });
    expect(drafts[0].runs).toEqual(alone.runs);
  });

  it('answers after so many passes, and goes on from there when it is asked again', async () => {
    const cascade = { steps: 3, clicks: 'every' } as const;
    for (const refinement of [{ cascade }, { cascade, zoomIn: {}, flip: true }]) {
      const handle = fakeModel();
      const engine = await loaded(handle);
      const once = await ask(await loaded(), { clicks }, { refinement });
      const first = await ask(engine, { clicks }, { refinement, passes: 1 });
      expect(first.refinement).toMatchObject({ steps: 0, complete: false });
      const third = await ask(engine, { clicks }, { refinement, passes: 2 });
      expect(third.refinement).toMatchObject({ steps: 2, complete: false });
      const before = handle.calls.decodes;
      const whole = await ask(engine, { clicks }, { refinement });
      expect(handle.calls.decodes - before).toBe('flip' in refinement ? 2 : 1);
      expect({ ...whole, timings: null }).toEqual({ ...once, timings: null });
      expect((await ask(engine, { clicks }, { refinement, passes: 1 })).refinement.complete).toBe(true);
    }
  });

  it('ends after the pass under way where nobody waits any more, and goes on from there when it is asked again', async () => {
    const refinement = { cascade: { steps: 3, clicks: 'every' } } as const;
    const request = { key: 'a', prompt: { clicks }, options: { refinement } };
    for (const last of [4, 6]) {
      const handle = fakeModel();
      const abort = new AbortController();
      const decode: typeof handle.model.decode = async (...asked) => {
        if (handle.calls.decodes === last - 1) abort.abort('nobody waits');
        return handle.model.decode(...asked);
      };
      const engine = await loaded({ ...handle, model: { ...handle.model, decode } });
      await expect(engine.segment(request, undefined, abort.signal)).rejects.toBe('nobody waits');
      expect(handle.calls.decodes).toBe(last);
      const { runs, refinement: report } = await engine.segment(request);
      expect(handle.calls.decodes).toBe(4 * clicks.length);
      const once = await (await loaded()).segment(request);
      expect(runs).toEqual(once.runs);
      expect(report).toEqual(once.refinement);
    }
  });

  it('takes no unfinished answer for the ground of the next click', async () => {
    const refinement = { cascade: { steps: 2 } };
    const engine = await loaded();
    await ask(engine, { clicks: clicks.slice(0, 2) }, { refinement, passes: 1 });
    const { runs } = await ask(engine, { clicks }, { refinement });
    expect(runs).toEqual((await ask(await loaded(), { clicks }, { refinement })).runs);
  });

  it('tells the mask of the passes before as the draft', async () => {
    const engine = await loaded();
    const drafts: DraftMask[] = [];
    const request = { key: 'a', prompt: { clicks }, options: { refinement: { cascade: { steps: 2 } } } };
    const tell = (draft: DraftMask) => drafts.push(draft);
    const one = { ...request, options: { ...request.options, passes: 1 } };
    const { runs } = await engine.segment(one, tell);
    expect(drafts).toEqual([]);
    await engine.segment(request, tell);
    expect(drafts).toEqual([{ runs }]);
  });

  it('applies a cascade for the first click to the first click only', async () => {
    const refinement = { cascade: { steps: 2, clicks: 'first' } } as const;
    const engine = await loaded();
    expect((await ask(engine, { clicks: clicks.slice(0, 1) }, { refinement })).refinement.steps).toBe(2);
    expect((await ask(engine, { clicks: clicks.slice(0, 3) }, { refinement })).refinement.steps).toBe(0);
  });

  it('takes a mask to start from, and tells what a click changed of it', async () => {
    const mask = rectRuns(size, { x: 10, y: 10, width: 30, height: 20 });
    const result = await ask(await loaded(), { clicks: [at(20, 20)], mask });
    const plain = await ask(await loaded(), { clicks: [at(20, 20)] });
    expect(result.runs).not.toEqual(plain.runs);
    expect(result.changedPixels).toBeLessThan(result.area);
    const bytes = { ...size, data: new Uint8Array(size.width * size.height) };
    for (let y = 10; y < 30; y++) bytes.data.fill(255, y * 80 + 10, y * 80 + 40);
    expect(runsFromMask(bytes)).toEqual(mask);
    expect((await ask(await loaded(), { clicks: [at(20, 20)], mask: bytes })).runs).toEqual(result.runs);
    const none = { ...size, data: new Uint8Array(size.width * size.height) };
    expect((await ask(await loaded(), { clicks: [at(20, 20)], mask: none })).runs).toEqual(plain.runs);
  });

  it('serves a box without clicks, and keeps the mask near it', async () => {
    const result = await ask(await loaded(), { box: { x1: 50, y1: 40, x2: 30, y2: 20 } });
    expect(result.area).toBeGreaterThan(0);
    const { x, y, width, height } = result.bbox!;
    expect(x).toBeGreaterThanOrEqual(29);
    expect(y).toBeGreaterThanOrEqual(19);
    expect(x + width).toBeLessThanOrEqual(51);
    expect(y + height).toBeLessThanOrEqual(41);
    const engine = await loaded();
    const prompt = { box: { x1: 30, y1: 20, x2: 50, y2: 40 } };
    const first = await ask(engine, { ...prompt, clicks: [at(40, 30)] });
    const second = await ask(engine, { ...prompt, clicks: [at(40, 30), at(40, 30)] });
    expect(second.changedPixels).toBeLessThanOrEqual(Math.max(first.area, second.area));
    expect(second.area - first.area).toBeLessThanOrEqual(second.changedPixels);
  });

  it('gives a box to a model that takes boxes, as a pass of its own before the first click', async () => {
    const box = { x1: 60, y1: 50, x2: 20, y2: 10 };
    const handle = fakeModel({ box: true, candidates: 3 });
    const engine = await loaded(handle);
    const alone = await ask(engine, { box });
    expect(handle.calls.decodes).toBe(1);
    expect(alone.area).toBeGreaterThan(0);
    expect(alone.changedPixels).toBe(alone.area);
    expect(isSet(alone.runs, 40, 30)).toBe(true);
    expect(isSet(alone.runs, 75, 5)).toBe(false);
    expect(await ask(engine, { box })).toMatchObject({ runs: alone.runs, candidate: 1 });
    expect(handle.calls.decodes).toBe(1);
    const inner = at(50, 40, 'negative');
    const oneByOne = await ask(engine, { box, clicks: [inner] });
    expect(handle.calls.decodes).toBe(2);
    const atOnce = await ask(await loaded(fakeModel({ box: true, candidates: 3 })), { box, clicks: [inner] });
    expect(atOnce.runs).toEqual(oneByOne.runs);
    expect(atOnce.changedPixels).toBe(oneByOne.changedPixels);
    expect(oneByOne.area).toBeLessThan(alone.area);
    const other = await ask(engine, { box }, { candidate: 2 });
    expect(other).toMatchObject({ candidate: 2 });
    expect((await ask(engine, { box })).runs).toEqual(alone.runs);
    const elsewhere = await ask(engine, { box: { ...box, x1: 40 } });
    expect(elsewhere.area).toBeLessThan(alone.area);
    const postprocess = { structuralIntegrity: { connectivity: 8, whenNoneHit: 'empty' } } as const;
    expect((await ask(engine, { box }, { postprocess })).runs).toEqual(alone.runs);
  });

  it('counts a box as the first click of a cascade', async () => {
    const engine = await loaded(fakeModel({ box: true }));
    const box = { x1: 10, y1: 10, x2: 60, y2: 50 };
    const refinement = { cascade: { steps: 2, clicks: 'first' } } as const;
    expect((await ask(engine, { box }, { refinement })).refinement.steps).toBe(2);
    expect((await ask(engine, { box, clicks: [at(20, 20)] }, { refinement })).refinement.steps).toBe(0);
  });

  it('takes the candidate with the best score, or the one that was asked for', async () => {
    const engine = await loaded(fakeModel({ candidates: 3 }));
    const best = await ask(engine, { clicks: [at(20, 20)] });
    expect(best.candidate).toBe(1);
    expect(best.candidates.map(({ index }) => index)).toEqual([1, 0, 2]);
    const third = await ask(engine, { clicks: [at(20, 20)] }, { candidate: 2 });
    expect(third.candidate).toBe(2);
    expect(third.area).toBeLessThan(best.area);
    expect(await codeOf(ask(engine, { clicks: [at(20, 20)] }, { candidate: 3 }))).toBe('bad-option');
  });

  it('hands out a map of its own', async () => {
    const engine = await loaded();
    const first = await ask(engine, { clicks: clicks.slice(0, 1) }, { includeMap: true });
    first.map!.data.fill(9);
    first.runs.spans.fill(0);
    const fresh = await ask(await loaded(), { clicks: clicks.slice(0, 2) });
    expect((await ask(engine, { clicks: clicks.slice(0, 2) })).runs).toEqual(fresh.runs);
    expect((await ask(engine, { clicks: clicks.slice(0, 1) })).map).toBeUndefined();
  });

  it('needs no previous mask where the model takes none', async () => {
    const handle = fakeModel({ previousMask: false });
    const result = await ask(await loaded(handle), { clicks }, { refinement: { cascade: { steps: 3 } } });
    expect(result.refinement.steps).toBe(0);
  });

  it('refines as it was made to, unless a request says otherwise', async () => {
    const three = await loaded(fakeModel(), {
      refinement: { cascade: { steps: 3, settledPixels: null, clicks: 'every' } },
    });
    expect((await ask(three, { clicks })).refinement.steps).toBe(3);
    expect((await ask(three, { clicks }, { refinement: { cascade: { steps: 1 } } })).refinement.steps).toBe(1);
    expect((await ask(three, { clicks }, { refinement: { cascade: 'off' } })).refinement.steps).toBe(0);
    expect(() => fakeEngine(fakeModel(), { refinement: { flip: 1 as never } })).toThrow(/true or false for flip/);
  });

  it('looks closer at a small object, and at the whole image where it is large', async () => {
    const zoomed = async (prompt: Prompt) => {
      const refinement = { zoomIn: { minSize: 10, expansion: 1.1, largestShare: 0.3 } };
      return (await ask(await loaded(), prompt, { refinement })).refinement.roi;
    };
    const whole = { x: 0, y: 0, ...size };
    const small = { clicks: [at(20, 20), at(21, 20)], mask: rectRuns(size, { x: 15, y: 15, width: 12, height: 10 }) };
    expect(await zoomed(small)).not.toEqual(whole);
    expect(await zoomed({ clicks: [at(5, 5), at(75, 55)] })).toEqual(whole);
  });
});

describe('only negative clicks', () => {
  it('give an empty mask and a note, without the network', async () => {
    const handle = fakeModel();
    const result = await ask(await loaded(handle), { clicks: [at(3, 3, 'negative'), at(9, 9, 'negative')] });
    expect(result).toMatchObject({ area: 0, bbox: null, score: 0, changedPixels: 0 });
    expect(result.notes[0]).toMatch(/negative/);
    expect(handle.calls).toMatchObject({ encodes: 0, decodes: 0 });
  });

  it('correct a starting mask', async () => {
    const mask = rectRuns(size, { x: 10, y: 10, width: 30, height: 20 });
    const result = await ask(await loaded(), { clicks: [at(30, 20, 'negative')], mask });
    expect(result.notes).toEqual([]);
    expect(isSet(result.runs, 30, 20)).toBe(false);
  });

  it('are followed by a positive one as if the network had known nothing', async () => {
    const engine = await loaded();
    await ask(engine, { clicks: [at(60, 45, 'negative')] });
    const result = await ask(engine, { clicks: [at(60, 45, 'negative'), at(20, 20)] });
    expect(isSet(result.runs, 20, 20)).toBe(true);
    expect(result.changedPixels).toBe(result.area);
  });
});

describe('bad prompts and options', () => {
  const wrong: readonly (readonly [string, Prompt, string])[] = [
    ['no clicks and no box', {}, 'no-clicks'],
    ['an empty list of clicks', { clicks: [] }, 'no-clicks'],
    ['a click outside', { clicks: [at(81, 10)] }, 'bad-click'],
    ['a click at NaN', { clicks: [at(Number.NaN, 10)] }, 'bad-click'],
    ['a gap among the clicks', { clicks: new Array<Click>(1) }, 'bad-click'],
    ['clicks that are no list', { clicks: 'x' as unknown as Click[] }, 'bad-click'],
    ['hundreds of clicks', { clicks: Array.from({ length: 201 }, () => at(20, 20)) }, 'too-many-clicks'],
    ['a box beside the image', { box: { x1: 90, y1: 0, x2: 99, y2: 9 } }, 'bad-box'],
    ['a box of NaN', { box: { x1: Number.NaN, y1: 0, x2: 9, y2: 9 } }, 'bad-box'],
    ['a flat box', { box: { x1: 5, y1: 5, x2: 5, y2: 9 } }, 'bad-box'],
    ['no box', { clicks: [at(1, 1)], box: null as unknown as undefined }, 'bad-box'],
    [
      'a mask of another size',
      { clicks: [at(1, 1)], mask: rectRuns({ width: 8, height: 8 }, { x: 0, y: 0, width: 8, height: 8 }) },
      'bad-mask',
    ],
    ['a mask that is none', { clicks: [at(1, 1)], mask: 'mask' as never }, 'bad-mask'],
    [
      'runs that do not fit together',
      { clicks: [at(1, 1)], mask: { ...size, rows: new Uint32Array(61), spans: new Uint32Array(2) } },
      'bad-mask',
    ],
  ];
  it.each(wrong)('refuses %s', async (_, prompt, code) => {
    const engine = await loaded();
    expect(await codeOf(ask(engine, prompt))).toBe(code);
    expect((await ask(engine, { clicks: [at(20, 20)] })).area).toBeGreaterThan(0);
  });

  it.each([
    ['a threshold above 1', { postprocess: { threshold: 2 } }],
    ['a negative hole size', { postprocess: { fillHoles: -1 } }],
    ['half a pixel of a hole', { postprocess: { fillHoles: 1.5 } }],
    ['NaN specks', { postprocess: { removeSpecks: Number.NaN } }],
    ['a number for largestPart', { postprocess: { largestPart: 1 } }],
    ['null for integrity', { postprocess: { structuralIntegrity: null } }],
    ['connectivity 6', { postprocess: { structuralIntegrity: { connectivity: 6, whenNoneHit: 'keep' } } }],
    ['another empty rule', { postprocess: { structuralIntegrity: { connectivity: 4, whenNoneHit: 'drop' } } }],
    ['too many steps', { refinement: { cascade: { steps: 21 } } }],
    ['a fraction of a step', { refinement: { cascade: { steps: 1.5 } } }],
    ['null for the zoom', { refinement: { zoomIn: null } }],
    ['a word for the cascade', { refinement: { cascade: 'on' } }],
    ['a number for flip', { refinement: { flip: 1 } }],
    ['a text for the candidate', { candidate: '0' }],
    ['no passes at all', { passes: 0 }],
    ['half a pass', { passes: 0.5 }],
  ])('refuses %s', async (_, options) => {
    const engine = await loaded();
    expect(await codeOf(ask(engine, { clicks: [at(20, 20)] }, options as EngineRequest['options']))).toBe('bad-option');
  });

  it('refuses budgets and limits that are no numbers', () => {
    expect(() => fakeEngine(fakeModel(), { budgets: { states: Number.NaN } })).toThrow(
      expect.objectContaining({ code: 'bad-option' }),
    );
    for (const limits of [{ maxClicks: 0 }, { maxPixels: Number.POSITIVE_INFINITY }, { maxPixels: 99.5 }]) {
      expect(() => fakeEngine(fakeModel(), { limits })).toThrow(expect.objectContaining({ code: 'bad-option' }));
    }
  });

  it('takes duplicate clicks and clicks on the edges for what they are', async () => {
    const result = await ask(await loaded(), { clicks: [at(20, 20), at(20, 20), at(80, 60, 'negative'), at(0, 0)] });
    expect(isSet(result.runs, 20, 20)).toBe(true);
  });

  it('takes as many clicks as it allows', async () => {
    const many = Array.from({ length: 200 }, (_, i) => at(i % 80, i % 60, i % 3 === 0 ? 'negative' : 'positive'));
    const engine = await loaded();
    const { runs } = await ask(engine, { clicks: many });
    expect((await ask(await loaded(), { clicks: many })).runs).toEqual(runs);
    const few = await loaded(fakeModel(), { limits: { maxClicks: 2 } });
    expect(await codeOf(ask(few, { clicks: many.slice(0, 3) }))).toBe('too-many-clicks');
  });
});

describe('pictures', () => {
  it.each([
    [1, 1],
    [1, 5000],
    [5000, 1],
  ])('of %i x %i px work', async (width, height) => {
    const engine = fakeEngine();
    await engine.load('thin', picture(width, height));
    for (const refinement of [{}, { zoomIn: { skipClicks: -1 }, cascade: { steps: 2 }, flip: true }]) {
      const middle = at(width / 2, height / 2);
      const result = await ask(engine, { clicks: [middle, middle] }, { refinement }, 'thin');
      expect(result).toMatchObject({ width, height });
      expect(result.area).toBeGreaterThan(0);
    }
  });

  it('larger than the limit are refused, in pixels as in bytes', async () => {
    const engine = fakeEngine(fakeModel(), { limits: { maxPixels: 99 } });
    expect(await codeOf(engine.load('big', picture(10, 10)))).toBe('image-too-large');
    expect(await codeOf(engine.load('big', new Uint8Array([10, 10])))).toBe('image-too-large');
    expect(await engine.load('fits', new Uint8Array([9, 11]))).toEqual({ width: 9, height: 11 });
  });

  it('larger than the whole budget are worked on one at a time', async () => {
    const engine = fakeEngine(fakeModel(), { budgets: { pixels: 100, features: 0, states: 0 } });
    await engine.load('one', picture(80, 60));
    expect((await ask(engine, { clicks: [at(20, 20)] }, {}, 'one')).area).toBeGreaterThan(0);
    expect((await engine.stats()).pixelBytes).toBe(80 * 60 * 3);
    await engine.load('two', picture(80, 60));
    expect(await codeOf(ask(engine, { clicks: [at(20, 20)] }, {}, 'one'))).toBe('image-not-loaded');
    await engine.forget('two');
    expect(await engine.stats()).toMatchObject({ pixelBytes: 0, images: 1 });
  });

  it('of another size under the same key are refused', async () => {
    const engine = await loaded();
    expect(await codeOf(engine.load('a', picture(10, 10)))).toBe('bad-image');
    expect(await engine.load('a', picture(80, 60))).toEqual(size);
  });

  it('of a wrong shape are refused', async () => {
    const engine = fakeEngine();
    for (const data of [new Uint8Array(5), 'pixels']) {
      expect(await codeOf(engine.load('a', { width: 2, height: 2, data } as never))).toBe('bad-image');
    }
  });

  it('that are not known, or forgotten, are said to be so', async () => {
    const engine = await loaded();
    expect(await codeOf(ask(engine, { clicks: [at(1, 1)] }, {}, 'b'))).toBe('image-not-loaded');
    expect(await codeOf(engine.prepare('b'))).toBe('image-not-loaded');
    await ask(engine, { clicks: [at(20, 20)] });
    await engine.forget('a');
    expect(await codeOf(ask(engine, { clicks: [at(20, 20)] }))).toBe('image-not-loaded');
    expect(await engine.stats()).toMatchObject({ images: 0, pixelBytes: 0, featureBytes: 0, stateBytes: 0 });
  });

  it('stay in their budgets, and served clicks need no pixels', async () => {
    const engine = fakeEngine(fakeModel(), { budgets: { pixels: 80 * 60 * 3 * 2, features: 2500, states: 5000 } });
    for (let i = 0; i < 20; i++) {
      const key = `image ${i}`;
      await engine.load(key, picture(80, 60));
      await ask(engine, { clicks }, {}, key);
      const { pixelBytes, featureBytes, stateBytes } = await engine.stats();
      expect(pixelBytes).toBeLessThanOrEqual(80 * 60 * 3 * 2);
      expect(featureBytes).toBeLessThanOrEqual(2500);
      expect(stateBytes).toBeLessThanOrEqual(5000);
    }
    const again = fakeEngine(fakeModel(), { budgets: { pixels: 0 } });
    await again.load('a', picture(80, 60));
    await ask(again, { clicks }, {}, 'a');
    await again.load('b', picture(80, 60));
    expect((await ask(again, { clicks: [...clicks, at(70, 50)] }, {}, 'a')).area).toBeGreaterThan(0);
  });

  it('frees everything when disposed', async () => {
    const handle = fakeModel({ manifest: { refinement: fakeManifest.refinement } });
    const engine = await loaded(handle);
    await ask(engine, { clicks });
    await engine.dispose();
    expect(handle.calls.disposed).toBe(1);
    expect(await engine.stats()).toMatchObject({ images: 0, pixelBytes: 0, featureBytes: 0, stateBytes: 0 });
  });
});
