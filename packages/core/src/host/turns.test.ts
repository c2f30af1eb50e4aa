import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createTurns } from './turns.js';

const entry = (name: string, background = false, stays = false) => ({ name, owner: name[0], background, stays });

function lineOf(...names: string[]) {
  const turns = createTurns<ReturnType<typeof entry>>();
  for (const name of names) turns.add(entry(name));
  return turns;
}

function drain(turns: ReturnType<typeof lineOf>): string {
  let order = '';
  for (let next = turns.next(); next !== undefined; next = turns.next()) order += `${next.name} `;
  return order.trim();
}

it('serves owners in turn, each in order', () => {
  const turns = lineOf('a1', 'a2', 'a3', 'b1', 'c1', 'c2');
  expect(turns.size).toBe(6);
  expect(drain(turns)).toBe('a1 b1 c1 a2 c2 a3');
  expect([turns.size, turns.next()]).toEqual([0, undefined]);
});

it('puts an owner who was just served behind those who wait', () => {
  const turns = lineOf('a1', 'b1');
  turns.next();
  turns.add(entry('a2'));
  expect(drain(turns)).toBe('b1 a2');
});

it('serves the background when nothing else waits', () => {
  const turns = lineOf();
  for (const one of [entry('a1', true), entry('b1', true), entry('a2'), entry('c1')]) turns.add(one);
  expect([...turns].map(({ name }) => name)).toEqual(['a2', 'c1', 'a1', 'b1']);
  expect(drain(turns)).toBe('a2 c1 a1 b1');
});

it('forgets what is deleted, and nothing else', () => {
  const turns = lineOf('a1');
  const [b, never] = [entry('b1'), entry('a9')];
  turns.add(b);
  turns.delete(never);
  turns.delete(b);
  turns.delete(b);
  expect(turns.size).toBe(1);
  expect(drain(turns)).toBe('a1');
});

it('gives up the background first, then the newest of the owner with the most', () => {
  const turns = lineOf('a1', 'a2', 'a3', 'b1');
  const name = (owner: string, background = false) => turns.yields({ owner, background })?.name;
  expect([name('c'), name('b'), name('a'), name('c', true)]).toEqual(['a3', 'a3', undefined, undefined]);
  turns.add(entry('d1', true));
  expect([name('a'), name('c', true)]).toEqual(['d1', undefined]);
  turns.add(entry('d2', true));
  expect([name('a'), name('c', true), name('d', true)]).toEqual(['d2', 'd2', undefined]);
});

it('takes no place from one who would have fewer then, nor from what has to stay', () => {
  const turns = lineOf('a1', 'a2', 'b1');
  expect(turns.yields({ owner: 'b', background: false })).toBeUndefined();
  turns.add(entry('a3', false, true));
  expect(turns.yields({ owner: 'b', background: false })?.name).toBe('a2');
});

it('lets nobody wait for more than one turn of each other', () => {
  const owner = fc.constantFrom('a', 'b', 'c');
  fc.assert(
    fc.property(fc.array(fc.option(owner), { maxLength: 60 }), (steps) => {
      const turns = lineOf();
      const waiting: Record<string, { since: Record<string, number> }[]> = { a: [], b: [], c: [] };
      for (const step of steps) {
        if (step !== null) {
          turns.add(entry(step));
          waiting[step].push({ since: { a: 0, b: 0, c: 0 } });
          continue;
        }
        const served = turns.next();
        if (served === undefined) continue;
        const first = waiting[served.owner].shift();
        expect(first).toBeDefined();
        for (const own of Object.values(waiting)) {
          if (own.length > 0 && own !== waiting[served.owner]) {
            own[0].since[served.owner] += 1;
            expect(own[0].since[served.owner]).toBeLessThanOrEqual(1);
          }
        }
        // The next one of an owner begins to wait for its turn when the one before it is served.
        if (waiting[served.owner].length > 0) waiting[served.owner][0].since = { a: 0, b: 0, c: 0 };
      }
    }),
  );
});
