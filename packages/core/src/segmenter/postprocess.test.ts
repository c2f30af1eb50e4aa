import { describe, expect, it } from 'vitest';
import { intersection, isSet, type MaskRuns } from '../mask/index.js';
import { checkPostprocess, createMaskCutter, cutMask, type PostprocessOptions, postprocess } from './postprocess.js';

const size = { width: 40, height: 30 };

describe('postprocess', () => {
  /** Two discs, the left one with a hole of one cell, and a speck. */
  const data = new Float32Array(40 * 30).fill(0.1);
  const disc = (cx: number, cy: number, r: number, value: number) => {
    for (let y = 0; y < 30; y++) {
      for (let x = 0; x < 40; x++) if (Math.hypot(x - cx, y - cy) <= r) data[y * 40 + x] = value;
    }
  };
  disc(10, 15, 7, 0.9);
  disc(10, 15, 1, 0.1);
  disc(30, 15, 4, 0.8);
  disc(20, 2, 0.5, 0.95);
  const map = { ...size, data, roi: { x: 0, y: 0, ...size }, filter: 'half-pixel' } as const;
  const left = { x: 6, y: 15, label: 'positive' } as const;
  const background = { x: 38, y: 28, label: 'positive' } as const;
  const parts = (runs: MaskRuns) => [isSet(runs, 6, 15), isSet(runs, 30, 15), isSet(runs, 20, 2), isSet(runs, 10, 15)];

  it('keeps what is clicked, and by default everything where nothing is hit', () => {
    expect(parts(postprocess(map, size, [left], 0.5, {}))).toEqual([true, false, false, false]);
    expect(parts(postprocess(map, size, [background], 0.5, {}))).toEqual([true, true, true, false]);
    const strict = { structuralIntegrity: { connectivity: 4, whenNoneHit: 'empty' } } as const;
    expect(postprocess(map, size, [background], 0.5, strict).spans).toHaveLength(0);
  });

  it('cleans as it is told', () => {
    const all = { structuralIntegrity: 'off' } as const;
    expect(parts(postprocess(map, size, [left], 0.5, all))).toEqual([true, true, true, false]);
    expect(parts(postprocess(map, size, [left], 0.5, { ...all, fillHoles: 100 }))[3]).toBe(true);
    expect(parts(postprocess(map, size, [left], 0.5, { ...all, removeSpecks: 5 }))).toEqual([true, true, false, false]);
    expect(parts(postprocess(map, size, [left], 0.5, { ...all, largestPart: true }))).toEqual([
      true,
      false,
      false,
      false,
    ]);
    expect(parts(postprocess(map, size, [left], 0.5, { ...all, threshold: 0.85 }))[1]).toBe(false);
  });

  it('cuts probabilities and their logits at the same level, also at 0 and 1', () => {
    const logit = { ...map, data: data.map((p) => Math.log(p / (1 - p))), scale: 'logit' } as const;
    for (const at of [0.15, 0.5, 0.85]) {
      const [a, b] = [cutMask(map, size, at), cutMask(logit, size, at)];
      expect(intersection(a, b).spans.length).toBeGreaterThan(0);
    }
    for (const either of [map, logit]) {
      expect(cutMask(either, size, 1).spans).toHaveLength(0);
      expect(isSet(cutMask(either, size, 0), 0, 0)).toBe(true);
    }
  });

  it('judges parts by positive clicks alone, and counts those that touch at corners as one', () => {
    const corners = new Float32Array(40 * 30);
    for (const [x, y] of [
      [5, 5],
      [6, 6],
      [20, 20],
    ])
      corners[y * 40 + x] = 1;
    const dots = { ...map, data: corners };
    const click = { x: 5, y: 5, label: 'positive' } as const;
    const kept = (clicks: Parameters<typeof postprocess>[2], options: PostprocessOptions = {}) => {
      const runs = postprocess(dots, size, clicks, 0.5, options);
      return [isSet(runs, 5, 5), isSet(runs, 6, 6), isSet(runs, 20, 20)];
    };
    expect(kept([click])).toEqual([true, true, false]);
    const four = { structuralIntegrity: { connectivity: 4, whenNoneHit: 'keep' } } as const;
    expect(kept([click], four)).toEqual([true, false, false]);
    const negative = { x: 20, y: 20, label: 'negative' } as const;
    const strict = { structuralIntegrity: { connectivity: 8, whenNoneHit: 'empty' } } as const;
    expect(kept([negative], strict)).toEqual([true, true, true]);
    expect(kept([click, negative], strict)).toEqual([true, true, false]);
    expect(kept([click], { structuralIntegrity: 'off', removeSpecks: 2 })).toEqual([true, true, false]);
    expect(kept([click], { structuralIntegrity: 'off', removeSpecks: 1 })).toEqual([true, true, true]);
  });

  it('fills holes of a size, or of a share of the mask, but none that was clicked away', () => {
    const isFilled = (options: PostprocessOptions, ...away: { x: number; y: number; label: 'negative' }[]) =>
      isSet(postprocess(map, size, [left, ...away], 0.5, options), 10, 15);
    // The hole is five pixels of a part of 144.
    expect([4, 5, Infinity].map((fillHoles) => isFilled({ fillHoles }))).toEqual([false, true, true]);
    expect([0.03, 0.04].map((share) => isFilled({ fillHoles: { share } }))).toEqual([false, true]);
    expect(isFilled({ fillHoles: 5 }, { x: 10.5, y: 15.5, label: 'negative' })).toBe(false);
    expect(isFilled({ fillHoles: 5 }, { x: 30, y: 15, label: 'negative' })).toBe(true);
  });

  it('takes what the model says for what is left out', () => {
    const model = { structuralIntegrity: 'off', fillHoles: 100 } as const;
    const told = { structuralIntegrity: { connectivity: 8, whenNoneHit: 'keep' }, fillHoles: 0 } as const;
    expect(parts(postprocess(map, size, [left], 0.5, {}, cutMask, model))).toEqual([true, true, true, true]);
    expect(parts(postprocess(map, size, [left], 0.5, told, cutMask, model))).toEqual([true, false, false, false]);
  });

  it('cuts each map once at each of the last two levels', () => {
    const cut = createMaskCutter();
    const first = cut(map, size, 0.5);
    const second = cut(map, size, 0.85);
    expect([first, second]).toEqual([cutMask(map, size, 0.5), cutMask(map, size, 0.85)]);
    expect([cut(map, size, 0.5), cut(map, size, 0.85)].map((runs, i) => runs === [first, second][i])).toEqual([
      true,
      true,
    ]);
    cut(map, size, 0.2);
    expect(cut(map, size, 0.85)).toBe(second);
    expect(cut(map, size, 0.5)).not.toBe(first);
    expect(cut({ ...map }, size, 0.85)).not.toBe(second);
  });
});

describe('checkPostprocess', () => {
  it.each<PostprocessOptions>([
    {},
    { threshold: 0, fillHoles: 0, removeSpecks: 0, largestPart: false },
    { threshold: 1, fillHoles: Infinity, removeSpecks: Infinity, largestPart: true },
    { fillHoles: { share: 0 }, structuralIntegrity: 'off' },
    { fillHoles: { share: 1 }, structuralIntegrity: { connectivity: 4, whenNoneHit: 'keep' } },
    { structuralIntegrity: { connectivity: 8, whenNoneHit: 'empty' } },
  ])('accepts the ends of ranges: %#', (options) => {
    expect(() => checkPostprocess(options)).not.toThrow();
  });

  it.each<[string, unknown]>([
    ['postprocess option', { other: 1 }],
    ['postprocess.threshold', { threshold: -0.1 }],
    ['postprocess.threshold', { threshold: 1.1 }],
    ['postprocess.fillHoles', { fillHoles: -1 }],
    ['postprocess.fillHoles', { fillHoles: 0.5 }],
    ['postprocess.fillHoles', { fillHoles: null }],
    ['postprocess.fillHoles', { fillHoles: '5' }],
    ['postprocess.fillHoles.share', { fillHoles: { share: 1.1 } }],
    ['postprocess.fillHoles.share', { fillHoles: { share: -0.1 } }],
    ['postprocess.fillHoles.share', { fillHoles: {} }],
    ['postprocess.removeSpecks', { removeSpecks: -Infinity }],
    ['postprocess.removeSpecks', { removeSpecks: [5] }],
    ['postprocess.largestPart', { largestPart: 'yes' }],
    ['structuralIntegrity', { structuralIntegrity: null }],
    ['structuralIntegrity', { structuralIntegrity: 'on' }],
    ['structuralIntegrity.connectivity', { structuralIntegrity: { connectivity: 6, whenNoneHit: 'keep' } }],
    ['structuralIntegrity.whenNoneHit', { structuralIntegrity: { connectivity: 4, whenNoneHit: 'all' } }],
  ])('refuses a wrong %s by name: %#', (name, options) => {
    const check = () => checkPostprocess(options as PostprocessOptions);
    expect(check).toThrow(expect.objectContaining({ code: 'bad-option' }));
    expect(check).toThrow(name);
  });
});
