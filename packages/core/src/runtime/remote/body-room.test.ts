import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { type BodyLimits, createBodyRoom } from './body-room.js';

const limits: BodyLimits = { maxBytes: 1000, maxBytesUnderWay: 4000, minBytesPerSecond: 100, maxBodies: 4 };

/** A room, and bodies in it by name, with what each was refused by. */
function open(over: Partial<BodyLimits> = {}) {
  const room = createBodyRoom({ ...limits, ...over });
  const refused: string[] = [];
  const enter = (name: string, client = 'a') => room.enter(client, ({ code }) => refused.push(`${name} ${code}`));
  return { room, refused, enter };
}

beforeEach(() => void vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] }));
afterEach(() => void vi.useRealTimers());

describe('the room of bodies', () => {
  test('counts what came, until it is left', () => {
    const { room, enter, refused } = open();
    const one = enter('one');
    one.take(300);
    one.take(700);
    expect([room.bytes, refused]).toEqual([1000, []]);
    one.arrived();
    expect(room.bytes).toBe(1000);
    one.leave();
    expect(room.bytes).toBe(0);
  });

  test('refuses one that is too large, once', () => {
    const { room, enter, refused } = open();
    const one = enter('one');
    one.take(1001);
    one.take(1);
    expect([room.bytes, refused]).toEqual([0, ['one image-too-large']]);
  });

  test('lets the largest that still come give way to a small one', () => {
    const { room, enter, refused } = open({ maxBytesUnderWay: 2000 });
    enter('large').take(700);
    enter('larger').take(300);
    expect(refused).toEqual([]);
    enter('click').take(10);
    expect([room.bytes, refused]).toEqual([310, ['large queue-full']]);
  });

  test('keeps a quarter for clicks from bodies that are held', () => {
    const { enter, refused } = open({ maxBytesUnderWay: 8000 });
    for (const name of ['1', '2', '3']) {
      const held = enter(name);
      held.take(1000);
      held.arrived();
    }
    enter('bulk').take(900);
    expect(refused).toEqual(['bulk queue-full']);
    enter('click').take(60);
    expect(refused).toHaveLength(1);
  });

  test('gives one client half of it, and none that of another', () => {
    const { enter, refused } = open();
    for (const name of ['1', '2', '3']) {
      const held = enter(name, 'greedy');
      held.take(700);
      held.arrived();
    }
    expect(refused).toEqual(['3 queue-full']);
    for (const name of ['4', '5']) enter(name, 'other').take(700);
    expect(refused).toEqual(['3 queue-full']);
  });

  test('gives up who sends too slowly, also after much came at once', () => {
    const { enter, refused } = open();
    const quick = enter('quick');
    enter('stalled').take(900);
    enter('silent');
    for (let i = 0; i < 8; i++) {
      quick.take(60);
      vi.advanceTimersByTime(500);
    }
    expect(refused).toEqual(['silent deadline-exceeded']);
    quick.arrived();
    vi.advanceTimersByTime(4000);
    expect(refused).toEqual(['silent deadline-exceeded', 'stalled deadline-exceeded']);
  });

  test('takes nobody for slow while the process itself was busy', () => {
    let time = 0;
    const refused: string[] = [];
    const room = createBodyRoom(limits, () => time);
    room.enter('a', ({ code }) => refused.push(code)).take(10);
    time = 20_000;
    vi.advanceTimersByTime(500);
    expect(refused).toEqual([]);
  });

  test('has so many of one client come at a time, the slowest giving way', () => {
    const { enter, refused } = open();
    for (const [name, bytes] of [
      ['1', 50],
      ['2', 5],
      ['3', 60],
      ['4', 70],
    ] as const) {
      enter(name).take(bytes);
    }
    enter('theirs', 'other');
    expect(refused).toEqual([]);
    vi.advanceTimersByTime(100);
    enter('5');
    expect(refused).toEqual(['2 deadline-exceeded']);
  });
});
