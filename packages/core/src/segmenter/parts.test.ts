import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { area, bounds, emptyRuns, intersection, isSet, type MaskRuns, rectRuns } from '../mask/index.js';
import { guideFromBox, normaliseBox } from './box-guide.js';
import { createByteLru } from './byte-lru.js';
import { fingerprint } from './fingerprint.js';
import { cutMask, postprocess } from './postprocess.js';

const size = { width: 40, height: 30 };

describe('createByteLru', () => {
  it('behaves as a list of the entries used last', () => {
    const key = fc.constantFrom('a', 'ab', 'b', 'c', 'd');
    const action = fc.oneof(
      fc.record({ do: fc.constant('set' as const), key, bytes: fc.nat(12) }),
      fc.record({ do: fc.constant('get' as const), key, bytes: fc.constant(0) }),
      fc.record({ do: fc.constantFrom('delete' as const, 'prefix' as const), key, bytes: fc.constant(0) }),
    );
    fc.assert(
      fc.property(fc.array(action), (actions) => {
        const cache = createByteLru<number>(20);
        let model: { key: string; bytes: number; value: number }[] = [];
        actions.forEach((step, value) => {
          const found = model.find((entry) => entry.key === step.key);
          const others = model.filter((entry) => entry !== found);
          if (step.do === 'get') {
            expect(cache.get(step.key)).toBe(found?.value);
            if (found !== undefined) model = [...others, found];
          } else if (step.do === 'set') {
            cache.set(step.key, value, step.bytes);
            model = [...others, { key: step.key, bytes: step.bytes, value }];
            while (model.reduce((sum, { bytes }) => sum + bytes, 0) > 20) model.shift();
          } else if (step.do === 'delete') {
            cache.delete(step.key);
            model = others;
          } else {
            cache.deletePrefix(step.key);
            model = model.filter((entry) => !entry.key.startsWith(step.key));
          }
          expect(cache.size).toBe(model.length);
          expect(cache.bytes).toBe(model.reduce((sum, { bytes }) => sum + bytes, 0));
        });
        cache.clear();
        expect([cache.size, cache.bytes]).toEqual([0, 0]);
      }),
    );
  });

  it('does not keep what is larger than the whole budget, nor what it stood for', () => {
    const cache = createByteLru<string>(10);
    cache.set('a', 'small', 3);
    cache.set('b', 'other', 3);
    cache.set('a', 'large', 11);
    expect(cache.get('a')).toBeUndefined();
    expect(cache.get('b')).toBe('other');
  });
});

describe('boxes', () => {
  it('are put in order and cut to the image', () => {
    expect(normaliseBox({ x1: 50, y1: 20, x2: -3, y2: 5.5 }, size)).toEqual({ x1: 0, y1: 5.5, x2: 40, y2: 20 });
  });

  it.each([
    ['outside', { x1: 41, y1: 1, x2: 50, y2: 9 }],
    ['on the edge only', { x1: 40, y1: 1, x2: 50, y2: 9 }],
    ['without a side', { x1: 5, y1: 9, x2: 6, y2: 9 }],
    ['infinite', { x1: 0, y1: 0, x2: Number.POSITIVE_INFINITY, y2: 9 }],
    ['of texts', { x1: '0', y1: 0, x2: 9, y2: 9 }],
    ['null', null],
  ])('%s are refused', (_, box) => {
    expect(() => normaliseBox(box as never, size)).toThrow(expect.objectContaining({ code: 'bad-box' }));
  });

  it('are led by a click in their middle unless a positive one lies in them', () => {
    const box = { x1: 10, y1: 10, x2: 20, y2: 20 };
    const inside = { x: 12, y: 18, label: 'positive' } as const;
    const outside = { x: 30, y: 5, label: 'positive' } as const;
    const negative = { x: 15, y: 15, label: 'negative' } as const;
    const middle = { x: 15, y: 15, label: 'positive' };
    expect(guideFromBox(box, [], size).clicks).toEqual([middle]);
    expect(guideFromBox(box, [negative, outside], size).clicks).toEqual([middle, negative, outside]);
    expect(guideFromBox(box, [negative, inside], size).clicks).toEqual([negative, inside]);
  });

  it('start from the ellipse inside them', () => {
    const { start } = guideFromBox({ x1: 4, y1: 2, x2: 24, y2: 12 }, [], { width: 40, height: 30 });
    expect(bounds(start)).toEqual({ x: 4, y: 2, width: 20, height: 10 });
    expect(Math.abs(area(start) - (Math.PI / 4) * 200)).toBeLessThan(8);
  });

  it('give regions that hold them, in whole pixels inside the image', () => {
    const { roi, limit } = guideFromBox({ x1: 1.5, y1: 10, x2: 11.5, y2: 30 }, [], size);
    expect(roi).toEqual({ x: 0, y: 0, width: 17, height: 30 });
    expect(limit).toEqual({ x: 1, y: 9, width: 11, height: 21 });
  });
});

describe('fingerprint', () => {
  it('is the same for the same mask and differs where one pixel does', () => {
    const seen = new Set<string>();
    for (let x = 0; x < 40; x++) {
      for (let y = 0; y < 30; y++) {
        const mask = rectRuns(size, { x, y, width: 1, height: 1 });
        expect(fingerprint(mask)).toBe(fingerprint(rectRuns(size, { x, y, width: 1, height: 1 })));
        seen.add(fingerprint(mask));
      }
    }
    expect(seen.size).toBe(1200);
    expect(fingerprint(emptyRuns(size))).not.toBe(fingerprint(emptyRuns({ width: 30, height: 40 })));
  });
});

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
});
