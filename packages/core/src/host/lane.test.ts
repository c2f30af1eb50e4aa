import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { codeOf } from '../../test/support/fake-model.js';
import { ClickmaskError } from '../errors/index.js';
import type { Engine } from '../segmenter/engine.js';
import { createLane } from './lane.js';

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }));
afterEach(() => void vi.useRealTimers());

const lost = () => new ClickmaskError('worker-lost', 'gone');

/** A slot whose engines are numbered, live until they are told to die, and start or fail as is said. */
function slot() {
  const engines: { die(): void; disposed: boolean }[] = [];
  const state = { fails: 0, engines };
  return {
    state,
    async start(onLost?: () => void): Promise<Engine> {
      if (state.fails > 0) {
        state.fails -= 1;
        throw lost();
      }
      const life = { isLost: false, disposed: false };
      const entry = {
        die() {
          life.isLost = true;
          onLost?.();
        },
        get disposed() {
          return life.disposed;
        },
      };
      engines.push(entry);
      return {
        get isLost() {
          return life.isLost;
        },
        dispose: async () => {
          life.disposed = true;
        },
      } as unknown as Engine;
    },
  };
}

const later = (ms: number) => vi.advanceTimersByTimeAsync(ms);

it('starts an engine once, and gives the same to all', async () => {
  const place = slot();
  const lane = createLane(place, 4);
  const [a, b] = await Promise.all([lane.engine(), lane.engine()]);
  expect(a).toBe(b);
  expect(place.state.engines).toHaveLength(1);
  await lane.close();
  expect(place.state.engines[0].disposed).toBe(true);
});

it('replaces a lost engine before anyone asks', async () => {
  const place = slot();
  const lane = createLane(place, 4);
  const first = await lane.engine();
  place.state.engines[0].die();
  await later(99);
  expect(place.state.engines).toHaveLength(1);
  await later(1);
  expect(place.state.engines).toHaveLength(2);
  expect(await lane.engine()).not.toBe(first);
  await lane.close();
});

it('goes on starting what is killed while it starts, after pauses that grow to 2 s', async () => {
  const place = slot();
  const lane = createLane(place, 4);
  await lane.engine();
  place.state.fails = 9;
  place.state.engines[0].die();
  const asked = codeOf(lane.engine());
  await later(100);
  expect(await asked).toBe('worker-lost');
  // 200 + 400 + 800 + 1600 + 2000 + 2000 + 2000 + 2000
  await later(10_999);
  expect([place.state.fails, place.state.engines.length]).toEqual([1, 1]);
  await later(1);
  expect(place.state.fails).toBe(0);
  expect(lane.isUp).toBe(false);
  await later(2000);
  expect(place.state.engines).toHaveLength(2);
  expect(lane.isUp).toBe(true);
  await lane.engine();
  await lane.close();
});

it('forgets pauses after a long life', async () => {
  const place = slot();
  const lane = createLane(place, 4);
  await lane.engine();
  for (const count of [2, 3]) {
    await later(10_001);
    place.state.engines.at(-1)?.die();
    await later(0);
    expect(place.state.engines).toHaveLength(count);
  }
  await lane.close();
});

it('fails for the caller where the first start does, and starts again only when asked', async () => {
  const place = slot();
  place.state.fails = 1;
  const lane = createLane(place, 4);
  expect(await codeOf(lane.engine())).toBe('worker-lost');
  await later(60_000);
  expect(place.state.engines).toHaveLength(0);
  await lane.close();
});

it('starts nothing after it is closed', async () => {
  const place = slot();
  const lane = createLane(place, 4);
  await lane.engine();
  place.state.engines[0].die();
  const waiting = codeOf(lane.engine());
  const closing = lane.close();
  await later(100);
  await closing;
  expect(await waiting).toBe('closed');
  expect(place.state.engines).toHaveLength(1);
});

it('notices an engine that is lost without a word', async () => {
  const dead = { isLost: true, dispose: async () => {} } as unknown as Engine;
  const alive = { isLost: false, dispose: async () => {} } as unknown as Engine;
  const made = [dead, alive];
  const lane = createLane({ start: async () => made.shift() ?? alive }, 4);
  const asked = lane.engine();
  await later(100);
  expect(await asked).toBe(alive);
  await lane.close();
});
