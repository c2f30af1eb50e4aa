import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createLru } from './lru.js';

describe('createLru', () => {
  it('behaves as a list of the entries used last', () => {
    const key = fc.constantFrom('a', 'b', 'c', 'd', 'e');
    const step = fc.record({ do: fc.constantFrom('get', 'peek', 'set', 'delete'), key, bytes: fc.nat(12) });
    fc.assert(
      fc.property(fc.array(step), (steps) => {
        const left: number[] = [];
        const lru = createLru<string, { id: number; bytes: number }>({
          maxEntries: 3,
          maxBytes: 20,
          sizeOf: ({ bytes }) => bytes,
          onLeave: ({ id }) => left.push(id),
        });
        let model: { key: string; value: { id: number; bytes: number } }[] = [];
        const gone: number[] = [];
        steps.forEach(({ do: what, key: name, bytes }, id) => {
          const found = model.find((entry) => entry.key === name);
          const others = model.filter((entry) => entry !== found);
          if (what === 'get' || what === 'peek') {
            expect(lru[what](name)).toBe(found?.value);
            if (what === 'get' && found !== undefined) model = [...others, found];
          } else if (what === 'set') {
            const value = { id, bytes };
            lru.set(name, value);
            model = [...others, { key: name, value }];
            if (found !== undefined) gone.push(found.value.id);
            while (model.length > 3 || model.reduce((sum, { value }) => sum + value.bytes, 0) > 20) {
              gone.push(model.shift()!.value.id);
            }
          } else {
            expect(lru.delete(name)).toBe(found !== undefined);
            model = others;
            if (found !== undefined) gone.push(found.value.id);
          }
          expect([...lru.entries()]).toEqual(model.map((entry) => [entry.key, entry.value]));
          expect(lru.size).toBe(model.length);
          expect(lru.bytes).toBe(model.reduce((sum, { value }) => sum + value.bytes, 0));
          expect(left).toEqual(gone);
        });
        lru.clear();
        expect([lru.size, lru.bytes, left.length]).toEqual([0, 0, gone.length + model.length]);
      }),
    );
  });

  it('keeps nothing larger than the whole budget, nor what it stood for; others stay', () => {
    const left: string[] = [];
    const lru = createLru<string, string>({
      maxBytes: 10,
      sizeOf: (text) => text.length,
      onLeave: (text) => left.push(text),
    });
    lru.set('a', 'small');
    lru.set('b', 'other');
    lru.set('a', 'far too large');
    expect([lru.get('a'), lru.get('b'), left]).toEqual([undefined, 'other', ['small', 'far too large']]);
  });

  it('takes the same value again with its new size', () => {
    const left: number[][] = [];
    const lru = createLru<string, number[]>({
      maxBytes: 4,
      sizeOf: (list) => list.length,
      onLeave: (list) => left.push(list),
    });
    const list = [1];
    lru.set('a', list);
    lru.set('b', [1, 2]);
    list.push(2, 3);
    lru.set('a', list);
    expect([lru.bytes, lru.peek('a'), lru.peek('b'), left]).toEqual([3, list, undefined, [[1, 2]]]);
  });
});
