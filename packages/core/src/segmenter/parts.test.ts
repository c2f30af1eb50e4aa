import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { area, bounds, emptyRuns, isSet, rectRuns } from '../mask/index.js';
import { guideFromBox, normaliseBox } from './box-guide.js';
import { createByteLru } from './byte-lru.js';
import { fingerprint } from './fingerprint.js';

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
    cache.set('whole', 'just fits', 10);
    expect([cache.get('whole'), cache.get('b')]).toEqual(['just fits', undefined]);
  });
});

describe('boxes', () => {
  it('are put in order and cut to the image', () => {
    expect(normaliseBox({ x1: 50, y1: 20, x2: -3, y2: 5.5 }, size)).toEqual({ x1: 0, y1: 5.5, x2: 40, y2: 20 });
  });

  it.each([
    ['outside', { x1: 41, y1: 1, x2: 50, y2: 9 }],
    ['on the edge only', { x1: 40, y1: 1, x2: 50, y2: 9 }],
    ['above', { x1: 1, y1: -9, x2: 5, y2: 0 }],
    ['below', { x1: 1, y1: 30, x2: 5, y2: 40 }],
    ['without a width', { x1: 5, y1: 9, x2: 5, y2: 12 }],
    ['without a height', { x1: 5, y1: 9, x2: 6, y2: 9 }],
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

  it.each([
    [10, 15, true],
    [20, 15, true],
    [15, 10, true],
    [15, 20, true],
    [9.9, 15, false],
    [20.1, 15, false],
    [15, 9.9, false],
    [15, 20.1, false],
  ])('hold a click at %f, %f: %s', (x, y, held) => {
    const { clicks } = guideFromBox({ x1: 10, y1: 10, x2: 20, y2: 20 }, [{ x, y, label: 'positive' }], size);
    expect(clicks).toHaveLength(held ? 1 : 2);
  });

  it('start from the ellipse inside them', () => {
    const { start } = guideFromBox({ x1: 4, y1: 2, x2: 24, y2: 12 }, [], { width: 40, height: 30 });
    expect(bounds(start)).toEqual({ x: 4, y: 2, width: 20, height: 10 });
    expect(Math.abs(area(start) - (Math.PI / 4) * 200)).toBeLessThan(8);
  });

  it('start from the pixels whose centres are in the ellipse, to half a pixel, at the edges of the image too', () => {
    const side = fc.double({ min: 0, max: 30, noNaN: true });
    fc.assert(
      fc.property(side, side, side, side, (x1, y1, width, height) => {
        const box = { x1, y1, x2: Math.min(40, x1 + width + 0.1), y2: Math.min(30, y1 + height + 0.1) };
        fc.pre(box.x2 > box.x1 && box.y2 > box.y1);
        const { start } = guideFromBox(box, [], size);
        const wrong: string[] = [];
        for (let y = 0; y < size.height; y++) {
          const dy = (2 * y + 1 - box.y1 - box.y2) / (box.y2 - box.y1);
          const half = (Math.sqrt(Math.max(0, 1 - dy * dy)) * (box.x2 - box.x1)) / 2;
          for (let x = 0; x < size.width; x++) {
            const beyond = Math.abs(x + 0.5 - (box.x1 + box.x2) / 2) - half;
            if (Math.abs(beyond) > 1e-9 && isSet(start, x, y) !== (Math.abs(dy) < 1 && beyond < 0))
              wrong.push(`${x}, ${y}`);
          }
        }
        expect(wrong).toEqual([]);
      }),
    );
  });

  it('give regions that hold them, in whole pixels inside the image', () => {
    const { roi, limit } = guideFromBox({ x1: 1.5, y1: 10, x2: 11.5, y2: 30 }, [], size);
    expect(roi).toEqual({ x: 0, y: 0, width: 17, height: 30 });
    expect(limit).toEqual({ x: 1, y: 9, width: 11, height: 21 });
    const middle = guideFromBox({ x1: 15, y1: 11, x2: 25, y2: 19 }, [], size);
    expect(middle.roi).toEqual({ x: 10, y: 7, width: 20, height: 16 });
    expect(middle.limit).toEqual({ x: 14, y: 10, width: 12, height: 10 });
    const far = guideFromBox({ x1: 30, y1: 2, x2: 39, y2: 6 }, [], size);
    expect(far.roi).toEqual({ x: 25, y: 0, width: 15, height: 8 });
    expect(far.limit).toEqual({ x: 29, y: 1, width: 11, height: 6 });
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
