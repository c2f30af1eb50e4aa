import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Click } from '../clicks/index.js';
import type { Rect } from '../geometry/index.js';
import { chooseCandidate, rankCandidates } from './candidates.js';
import { goesOn, runCascade } from './cascade.js';
import { averageLogits, mirrorRows } from './flip.js';
import { publishedZoomIn, type RefinementOptions, type ResolvedRefinement } from './options.js';
import { resolveRefinement } from './resolve.js';
import { roundHalfEven, zoomRegion } from './zoom-in.js';

const badOption = expect.objectContaining({ code: 'bad-option' });

describe('runCascade', () => {
  const options = { steps: 3, settledPixels: null, clicks: 'every' } as const;
  const forward = async (last: number | null) => (last ?? 0) + 1;
  const run = { forward, changed: () => 99, clickCount: 1, options };

  it('feeds the result back as often as it is told', async () => {
    const whole = { last: 4, changedPixels: [99, 99, 99], settled: false, complete: true };
    expect(await runCascade(run)).toEqual(whole);
    const off = { ...options, steps: 0 };
    expect(await runCascade({ ...run, options: off })).toMatchObject({ last: 1, complete: true });
  });

  it('settles at 20 pixels, not at 21', async () => {
    const pixels = [21, 20, 5];
    const changed = (a: number) => pixels[a - 1];
    expect(await runCascade({ ...run, changed, options: { ...options, settledPixels: 20 } })).toEqual({
      last: 3,
      changedPixels: [21, 20],
      settled: true,
      complete: true,
    });
  });

  it('goes on where nothing changes, unless it is told to settle', async () => {
    const still = { ...run, changed: () => 0 };
    expect(await runCascade(still)).toEqual({ last: 4, changedPixels: [0, 0, 0], settled: false, complete: true });
    const settling = await runCascade({ ...still, options: { ...options, settledPixels: 0 } });
    expect(settling).toEqual({ last: 2, changedPixels: [0], settled: true, complete: true });
  });

  it('ends after the pass under way when nobody waits any more', async () => {
    const controller = new AbortController();
    const aborting = async (last: number | null) => {
      if (last === 1) controller.abort();
      return forward(last);
    };
    const ended = await runCascade({ ...run, forward: aborting, signal: controller.signal });
    expect(ended).toEqual({ last: 2, changedPixels: [99], settled: false, complete: false });
    expect(await runCascade({ ...run, from: ended })).toEqual(await runCascade(run));
  });

  it('is for the first click only where it is told so', async () => {
    const first = { ...options, clicks: 'first' } as const;
    expect((await runCascade({ ...run, options: first })).last).toBe(4);
    expect((await runCascade({ ...run, options: first, clickCount: 2 })).last).toBe(1);
  });

  it('stops after so many passes, and goes on from there to the same end', async () => {
    const first = await runCascade({ ...run, passes: 1 });
    expect(first).toEqual({ last: 1, changedPixels: [], settled: false, complete: false });
    const third = await runCascade({ ...run, from: first, passes: 2 });
    expect(third).toEqual({ last: 3, changedPixels: [99, 99], settled: false, complete: false });
    expect(await runCascade({ ...run, from: third })).toEqual(await runCascade(run));
    const done = { last: 9, changedPixels: [1], settled: true, complete: true };
    expect(await runCascade({ ...run, from: done })).toEqual(done);
  });
});

describe('goesOn', () => {
  it.each([
    [0, 'every', 1, false],
    [1, 'every', 1, true],
    [1, 'every', 2, true],
    [1, 'first', 1, true],
    [1, 'first', 2, false],
  ] as const)('with %i steps on %s click, at click %i: %s', (steps, clicks, count, expected) => {
    expect(goesOn(count, { steps, settledPixels: null, clicks })).toBe(expected);
  });
});

describe('flip averaging', () => {
  it('mirrors rows in place, twice to where they were', () => {
    const data = Float32Array.of(1, 2, 3, 4, 5, 6);
    mirrorRows(data, 3);
    expect([...data]).toEqual([3, 2, 1, 6, 5, 4]);
    mirrorRows(data, 3);
    expect([...data]).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it('takes the mean of logits', () => {
    expect([...averageLogits(Float32Array.of(1, -4), Float32Array.of(3, 2))]).toEqual([2, -1]);
  });
});

describe('candidates', () => {
  it('are ranked by score, equal ones in the order of the model', () => {
    expect(rankCandidates(4, [0.2, 0.9, 0.2, 0.9])).toEqual([1, 3, 0, 2]);
    expect(rankCandidates(3, null)).toEqual([0, 1, 2]);
  });

  it('are chosen by rank or by index', () => {
    expect(chooseCandidate([2, 0, 1], 'best')).toBe(2);
    expect(chooseCandidate([2, 0, 1], 0)).toBe(0);
    for (const wanted of [3, -1, 0.5]) {
      expect(() => chooseCandidate([2, 0, 1], wanted)).toThrow(badOption);
      expect(() => chooseCandidate([2, 0, 1], wanted)).toThrow('for candidate');
    }
  });
});

describe('resolveRefinement', () => {
  const defaults: ResolvedRefinement = {
    cascade: { steps: 1, settledPixels: null, clicks: 'every' },
    zoomIn: null,
    flip: false,
  };

  it('keeps the defaults for what is left out or undefined', () => {
    expect(resolveRefinement({}, defaults)).toEqual(defaults);
    const open = { cascade: { steps: undefined, clicks: 'first' }, zoomIn: undefined, flip: undefined };
    expect(resolveRefinement(open as RefinementOptions, defaults).cascade).toEqual({
      ...defaults.cascade,
      clicks: 'first',
    });
  });

  it('switches parts off, and lays a part over the model’s or the published numbers', () => {
    expect(resolveRefinement({ cascade: 'off' }, defaults).cascade.steps).toBe(0);
    expect(resolveRefinement({ zoomIn: {} }, defaults).zoomIn).toEqual(publishedZoomIn);
    const zooming = { ...defaults, zoomIn: { ...publishedZoomIn, minSize: 7 } };
    expect(resolveRefinement({ zoomIn: { expansion: 2 } }, zooming).zoomIn).toMatchObject({ expansion: 2, minSize: 7 });
    expect(resolveRefinement({ zoomIn: 'off' }, zooming).zoomIn).toBeNull();
  });

  it('refuses fields it does not know, which could otherwise split a cache', () => {
    const extra = { cascade: { steps: 2, other: 1 } } as RefinementOptions;
    expect(() => resolveRefinement(extra, defaults)).toThrow(/cascade option 'other'/);
    const undefinedOnes = { cascade: { steps: 2, other: undefined } } as RefinementOptions;
    expect(resolveRefinement(undefinedOnes, defaults).cascade).toEqual({ ...defaults.cascade, steps: 2 });
  });

  it('merges starting masks as the model does, or as it is told', () => {
    const merging = { ...defaults, progressiveMerge: { whenUnchanged: 'keep' } } as const;
    expect(resolveRefinement({}, merging)).toEqual(merging);
    expect(resolveRefinement({ progressiveMerge: 'off' }, merging)).toEqual(defaults);
    const released = { progressiveMerge: { whenUnchanged: 'as-released' } } as const;
    expect(resolveRefinement(released, defaults)).toEqual({ ...defaults, ...released });
  });

  it.each<[string, unknown]>([
    ['progressiveMerge', { progressiveMerge: true }],
    ['progressiveMerge.whenUnchanged', { progressiveMerge: { whenUnchanged: 'invert' } }],
    ['progressiveMerge option', { progressiveMerge: { whenUnchanged: 'keep', other: 1 } }],
    ['cascade.steps', { cascade: { steps: Number.NaN } }],
    ['cascade.steps', { cascade: { steps: [1] } }],
    ['cascade.steps', { cascade: { steps: -1 } }],
    ['cascade.steps', { cascade: { steps: 21 } }],
    ['cascade.settledPixels', { cascade: { settledPixels: -1 } }],
    ['cascade.clicks', { cascade: { clicks: 'last' } }],
    ['zoomIn.skipClicks', { zoomIn: { skipClicks: -2 } }],
    ['zoomIn.expansion', { zoomIn: { expansion: 0.9 } }],
    ['zoomIn.expansion', { zoomIn: { expansion: 10.1 } }],
    ['zoomIn.minSize', { zoomIn: { minSize: 0 } }],
    ['zoomIn.keepIou', { zoomIn: { keepIou: 1.1 } }],
    ['zoomIn.keepIou', { zoomIn: { keepIou: -0.1 } }],
    ['zoomIn.threshold', { zoomIn: { threshold: -0.1 } }],
    ['zoomIn.threshold', { zoomIn: { threshold: 1.1 } }],
    ['zoomIn.largestShare', { zoomIn: { largestShare: 1.1 } }],
    ['zoomIn.largestShare', { zoomIn: { largestShare: -0.1 } }],
    ['zoomIn.anySizeFrom', { zoomIn: { anySizeFrom: 0 } }],
    ['zoomIn.whenEmpty', { zoomIn: { whenEmpty: 'keep' } }],
    ['zoomIn option', { zoomIn: { other: 1 } }],
    ['refinement option', { other: 1 }],
    ['cascade', { cascade: null }],
    ['cascade', { cascade: 5 }],
    ['zoomIn', { zoomIn: true }],
    ['flip', { flip: 'yes' }],
  ])('refuses a wrong %s by name: %#', (name, options) => {
    const resolve = () => resolveRefinement(options as RefinementOptions, defaults);
    expect(resolve).toThrow(badOption);
    expect(resolve).toThrow(name);
  });

  it.each<RefinementOptions>([
    { cascade: { steps: 20, settledPixels: 0, clicks: 'first' } },
    { cascade: { steps: 0, settledPixels: null } },
    { zoomIn: { skipClicks: -1, expansion: 1, minSize: 1, keepIou: 0, threshold: 0, largestShare: 0, anySizeFrom: 1 } },
    { zoomIn: { expansion: 10, keepIou: 1, threshold: 1, largestShare: 1, anySizeFrom: null, whenEmpty: 'whole' } },
    { zoomIn: { whenEmpty: 'as-released' }, flip: true },
  ])('accepts the ends of ranges: %#', (options) => {
    const { cascade, zoomIn, flip } = resolveRefinement(options, defaults);
    expect(cascade).toEqual({ ...defaults.cascade, ...(options.cascade as object) });
    expect(zoomIn).toEqual(options.zoomIn === undefined ? null : { ...publishedZoomIn, ...(options.zoomIn as object) });
    expect(flip).toBe(options.flip ?? false);
  });

  it('needs no more of a model’s zoom-in than was published', () => {
    const { largestShare: _, anySizeFrom: __, whenEmpty: ___, ...least } = publishedZoomIn;
    expect(resolveRefinement({}, { ...defaults, zoomIn: least }).zoomIn).toEqual(least);
  });
});

describe('roundHalfEven', () => {
  it('agrees with Python’s round', () => {
    expect([-1.5, -0.5, 0.5, 1.5, 2.5, 2.4, 2.6, -2.5].map((value) => roundHalfEven(value) + 0)).toEqual([
      -2, 0, 0, 2, 2, 2, 3, -2,
    ]);
  });
});

describe('zoomRegion', () => {
  const size = { width: 1000, height: 800 };
  const whole = { x: 0, y: 0, ...size };
  const mask = { x: 400, y: 300, width: 200, height: 100 };
  const at = (x: number, y: number, label: Click['label'] = 'positive'): Click => ({ x, y, label });
  const two = [at(450, 350), at(500, 350)];

  it('looks at the whole image first, and while there is no mask', () => {
    expect(zoomRegion(mask, [at(450, 350)], null, size, publishedZoomIn).roi).toEqual(whole);
    expect(zoomRegion(null, two, null, size, publishedZoomIn).roi).toEqual(whole);
  });

  it('zooms to 1.4 times the mask, at least 200 px', () => {
    const { roi } = zoomRegion(mask, two, null, size, publishedZoomIn);
    expect(roi).toEqual({ x: 360, y: 250, width: 281, height: 201 });
  });

  it('reaches for positive clicks outside the mask, not for negative ones', () => {
    const far = zoomRegion(mask, [...two, at(900, 700)], null, size, publishedZoomIn).roi;
    expect(far.x + far.width).toBeGreaterThan(900);
    const negative = zoomRegion(mask, [...two, at(900, 700, 'negative')], null, size, publishedZoomIn).roi;
    expect(negative).toEqual(zoomRegion(mask, two, null, size, publishedZoomIn).roi);
  });

  it.each<[string, Click, Rect]>([
    ['left of the mask', at(100, 350), { x: 0, y: 250, width: 701, height: 201 }],
    ['right of it', at(800, 350), { x: 319, y: 250, width: 563, height: 201 }],
    ['above it', at(500, 100), { x: 360, y: 40, width: 281, height: 421 }],
    ['below it', at(500, 600), { x: 360, y: 239, width: 281, height: 423 }],
  ])('reaches as far as a click %s, and by the expansion beyond', (_, click, roi) => {
    // 1.4 times the length from the click to the far side of the mask, about the middle between both.
    expect(zoomRegion(mask, [...two, click], null, size, publishedZoomIn).roi).toEqual(roi);
  });

  it.each([
    [-1, 0, true],
    [0, 0, false],
    [0, 1, true],
    [1, 1, false],
    [1, 2, true],
  ])('with %i clicks to skip, of %i it zooms: %s', (skipClicks, count, zoomed) => {
    const options = { ...publishedZoomIn, skipClicks };
    expect(zoomRegion(mask, two.slice(0, count), null, size, options).zoomed).toBe(zoomed);
  });

  it('without a mask zooms to the whole image at once, only where no click is skipped', () => {
    const zoomed = (skipClicks: number) => zoomRegion(null, two, null, size, { ...publishedZoomIn, skipClicks });
    expect(zoomed(-1)).toEqual({ roi: whole, shownIn: whole, zoomed: true, current: whole });
    expect(zoomed(0)).toEqual({ roi: whole, shownIn: whole, zoomed: false, current: null });
  });

  it('keeps the region at the least overlap, and not below', () => {
    // The wanted region, 281 x 201 px, moved by a fifth along both axes.
    const moved = { x: 360 + 56, y: 250 + 40, width: 281, height: 201 };
    const overlap = ((281 - 56) / (281 + 56)) * ((201 - 40) / (201 + 40));
    const kept = (keepIou: number) => zoomRegion(mask, two, moved, size, { ...publishedZoomIn, keepIou }).roi === moved;
    expect([overlap - 1e-9, overlap + 1e-9].map(kept)).toEqual([true, false]);
    const same = { x: 360, y: 250, width: 281, height: 201 };
    expect(zoomRegion(mask, two, same, size, { ...publishedZoomIn, keepIou: 1 }).roi).toBe(same);
    const apart = { x: 700, y: 250, width: 281, height: 201 };
    const none = { ...publishedZoomIn, keepIou: 0.001 };
    expect(zoomRegion(mask, [at(1, 1, 'negative'), two[0]], apart, size, none).roi).not.toEqual(apart);
    expect(zoomRegion(mask, [at(1, 1, 'negative'), at(2, 2, 'negative')], apart, size, none).roi).not.toEqual(apart);
  });

  it('keeps the region in use while it overlaps enough and holds the clicks', () => {
    const current = { x: 350, y: 250, width: 300, height: 200 };
    expect(zoomRegion(mask, two, current, size, publishedZoomIn).roi).toEqual(current);
    expect(zoomRegion(mask, [...two, at(700, 350)], current, size, publishedZoomIn).roi).not.toEqual(current);
    const tight = { ...publishedZoomIn, keepIou: 1 };
    expect(zoomRegion(mask, two, current, size, tight).roi).not.toEqual(current);
  });

  it.each([
    ['its left edge', (r: Rect) => [r.x, r.y + 50], true],
    ['left of it', (r: Rect) => [r.x - 1, r.y + 50], false],
    ['its top edge', (r: Rect) => [r.x + 50, r.y], true],
    ['above it', (r: Rect) => [r.x + 50, r.y - 1], false],
    // The last column and row count as outside, as the authors have it.
    ['its last column but one', (r: Rect) => [r.x + r.width - 2, r.y + 50], true],
    ['its last column', (r: Rect) => [r.x + r.width - 1, r.y + 50], false],
    ['its last row but one', (r: Rect) => [r.x + 50, r.y + r.height - 2], true],
    ['its last row', (r: Rect) => [r.x + 50, r.y + r.height - 1], false],
  ] as const)('keeps the region for a click at %s: %#', (_, place, kept) => {
    const region = { x: 300, y: 200, width: 300, height: 300 };
    const [column, row] = place(region);
    const { roi } = zoomRegion(mask, [...two, at(column, row)], region, size, { ...publishedZoomIn, keepIou: 0 });
    expect(roi === region).toBe(kept);
  });

  it('looks at the whole image where the region would be a large part of it, and forgets the region in use', () => {
    const region = { x: 360, y: 250, width: 281, height: 201 };
    const share = (region.width * region.height) / (size.width * size.height);
    const zoom = (largestShare: number, current: typeof region | null = null) =>
      zoomRegion(mask, two, current, size, { ...publishedZoomIn, largestShare });
    expect(zoom(share)).toEqual({ roi: region, shownIn: region, zoomed: true, current: region });
    expect(zoom(share * 0.99)).toEqual({ roi: whole, shownIn: whole, zoomed: false, current: null });
    // A region that is kept counts by its own size.
    const current = { x: 350, y: 250, width: 300, height: 220 };
    expect(zoom(share, current)).toEqual({ roi: whole, shownIn: whole, zoomed: false, current: null });
  });

  it('looks at larger regions from the click that the options name, but not at nearly the whole image', () => {
    const options = { ...publishedZoomIn, largestShare: 0.01, anySizeFrom: 3 };
    expect(zoomRegion(mask, two, null, size, options).zoomed).toBe(false);
    expect(zoomRegion(mask, [...two, two[0]], null, size, options).zoomed).toBe(true);
    expect(zoomRegion(mask, [...two, two[0]], null, size, { ...options, anySizeFrom: null }).zoomed).toBe(false);
    const cover = (width: number) => {
      const seen = { ...options, expansion: 1, anySizeFrom: 1, minSize: 1 };
      return zoomRegion({ x: 0, y: 0, width, height: size.height }, [two[0]], null, size, { ...seen, skipClicks: 0 });
    };
    expect(cover(0.7 * size.width).zoomed).toBe(true);
    expect(cover(0.8 * size.width)).toMatchObject({ roi: whole, zoomed: false, current: null });
    // Who wants every size says so by `largestShare`.
    const all = { ...options, largestShare: 1, expansion: 4 };
    expect(zoomRegion(whole, [...two, two[0]], null, size, all)).toMatchObject({ roi: whole, zoomed: true });
  });

  it('puts the answer for an emptied mask where it is told', () => {
    const current = { x: 350, y: 250, width: 300, height: 200 };
    const released = { ...publishedZoomIn, whenEmpty: 'as-released' } as const;
    expect(zoomRegion(null, two, current, size, publishedZoomIn)).toMatchObject({
      roi: whole,
      shownIn: whole,
      current,
    });
    expect(zoomRegion(null, two, current, size, released)).toMatchObject({ roi: whole, shownIn: current, current });
    expect(zoomRegion(null, two, null, size, released)).toMatchObject({ roi: whole, shownIn: whole });
    expect(zoomRegion(mask, [at(450, 350)], current, size, released)).toMatchObject({ roi: whole, shownIn: whole });
    expect(zoomRegion(mask, two, null, size, released).shownIn).toEqual({ x: 360, y: 250, width: 281, height: 201 });
  });

  it('always lies in the image and is not empty', () => {
    const side = fc.integer({ min: 1, max: 60 });
    const share = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(side, side, fc.array(share, { minLength: 8, maxLength: 8 }), (width, height, at8) => {
        const [a, b, c, d, e, f, g, h] = at8;
        const x = Math.floor(a * (width - 1));
        const y = Math.floor(b * (height - 1));
        const box = { x, y, width: 1 + Math.floor(c * (width - x - 1)), height: 1 + Math.floor(d * (height - y - 1)) };
        const clicks = [at(e * width, f * height), at(g * width, h * height)];
        const options = { ...publishedZoomIn, minSize: 1 + Math.floor(a * 40), expansion: 1 + b * 3 };
        const { roi } = zoomRegion(box, clicks, null, { width, height }, options);
        for (const value of Object.values(roi)) expect(Number.isInteger(value)).toBe(true);
        expect(roi.x).toBeGreaterThanOrEqual(0);
        expect(roi.y).toBeGreaterThanOrEqual(0);
        expect(roi.width).toBeGreaterThanOrEqual(1);
        expect(roi.height).toBeGreaterThanOrEqual(1);
        expect(roi.x + roi.width).toBeLessThanOrEqual(width);
        expect(roi.y + roi.height).toBeLessThanOrEqual(height);
      }),
    );
  });
});
