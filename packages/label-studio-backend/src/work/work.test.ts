import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Problem } from '../problems/index.js';
import { createDeadline, createLookAhead, createTaskQueue, untilAborted } from './index.js';

function gate() {
  let open: () => void = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}

describe('createTaskQueue', () => {
  const job = (signature: string, members: string[], run: () => Promise<string>) => ({
    signature,
    members: new Set(members),
    run,
  });

  /** Jobs that answer by their names, in the order in which they ran. */
  function recorder() {
    const ran: string[] = [];
    const run = (name: string, wait?: Promise<void>) => async () => {
      ran.push(name);
      await wait;
      return name;
    };
    return { ran, run };
  }

  it('shares equal requests, replaces waiting ones by those that contain them, and keeps others', async () => {
    const queue = createTaskQueue(10, () => new Error('full'));
    const first = gate();
    const { ran, run } = recorder();
    const answers = [
      queue.run('task', job('a', ['1'], run('a', first.opened))),
      queue.run('task', job('a', ['1'], run('a again'))),
      queue.run('task', job('b', ['1', '2'], run('b'))),
      queue.run('task', job('other', ['9'], run('other'))),
      queue.run('task', job('c', ['1', '2', '3'], run('c'))),
      queue.run('elsewhere', job('d', ['1'], run('d'))),
    ];
    expect(await answers[5]).toBe('d');
    first.open();
    expect(await Promise.all(answers)).toEqual(['a', 'a', 'c', 'other', 'c', 'd']);
    expect(ran).toEqual(['a', 'd', 'c', 'other']);
    await expect.poll(() => [queue.active, queue.queued]).toEqual([0, 0]);
  });

  it('never gives one annotator the answer of another', async () => {
    const queue = createTaskQueue(10, () => new Error('full'));
    const first = gate();
    const { ran, run } = recorder();
    const answers = [
      queue.run('task', job('running', ['0'], run('running', first.opened))),
      // The second shares one click of the first's two: it does not hold them all.
      queue.run('task', job('two', ['1', '2'], run('two'))),
      queue.run('task', job('one of them', ['1', '3'], run('one of them'))),
      // Without clicks there is nothing to hold: only an equal request shares the answer.
      queue.run('task', job('empty', [], run('empty'))),
      queue.run('task', job('empty', [], run('empty again'))),
      queue.run('task', job('other', ['7'], run('other'))),
    ];
    expect(queue.queued).toBe(4);
    first.open();
    const shared = ['empty again', 'empty again'];
    expect(await Promise.all(answers)).toEqual(['running', 'two', 'one of them', ...shared, 'other']);
    expect(ran).toEqual(['running', 'two', 'one of them', 'empty again', 'other']);
  });

  it('goes on after a failure, and refuses what is too much', async () => {
    const queue = createTaskQueue(1, () => new Error('full'));
    const bad = queue.run(
      'task',
      job('a', ['1'], async () => Promise.reject(new Error('bad'))),
    );
    const good = queue.run(
      'task',
      job('b', ['2'], async () => 'good'),
    );
    const much = queue.run(
      'task',
      job('c', ['3'], async () => 'much'),
    );
    await expect(bad).rejects.toThrow('bad');
    await expect(much).rejects.toThrow('full');
    expect(await good).toBe('good');
  });

  it('stops what nobody waits for any more, and only that', async () => {
    const queue = createTaskQueue(10, () => new Error('full'));
    const first = gate();
    const ran: string[] = [];
    const stopped: boolean[] = [];
    const run = (name: string, wait?: Promise<void>) => async (signal: AbortSignal) => {
      ran.push(name);
      await wait;
      stopped.push(signal.aborted);
      return name;
    };
    const job = (signature: string, work: (signal: AbortSignal) => Promise<string>) => ({
      signature,
      members: new Set([signature]),
      run: work,
    });
    const leaving = [new AbortController(), new AbortController(), new AbortController()];
    const gone = [
      queue.run('task', job('a', run('a', first.opened)), leaving[0].signal),
      queue.run('task', job('b', run('b')), leaving[1].signal),
      queue.run('task', job('c', run('c')), leaving[2].signal),
    ];
    const staying = queue.run('task', job('c', run('c')));
    for (const one of leaving) one.abort(new Error('gone'));
    for (const one of gone) await expect(one).rejects.toThrow('gone');
    const again = queue.run('task', job('a', run('a again')));
    first.open();
    expect([await staying, await again]).toEqual(['c', 'a again']);
    expect(ran).toEqual(['a', 'c', 'a again']);
    expect(stopped).toEqual([true, false, false]);
    await expect.poll(() => [queue.active, queue.queued]).toEqual([0, 0]);
  });

  it('asks nothing for somebody who has left already', async () => {
    const queue = createTaskQueue(10, () => new Error('full'));
    const { ran, run } = recorder();
    const gone = AbortSignal.abort(new Error('gone'));
    await expect(queue.run('task', job('a', ['1'], run('a')), gone)).rejects.toThrow('gone');
    expect([ran, queue.active, queue.queued]).toEqual([[], 0, 0]);
  });

  it('tells a job why nobody waits for it', async () => {
    const queue = createTaskQueue(10, () => new Error('full'));
    const never = gate();
    const leaving = new AbortController();
    let seen: AbortSignal | undefined;
    const run = async (signal: AbortSignal) => {
      seen = signal;
      await never.opened;
    };
    const gone = queue.run('task', { signature: 'a', members: new Set(), run }, leaving.signal);
    const reason = new Error('gone');
    leaving.abort(reason);
    await expect(gone).rejects.toBe(reason);
    expect(seen?.reason).toBe(reason);
    never.open();
  });

  it('gives the place of a request that nobody waits for to another', async () => {
    const queue = createTaskQueue(1, () => new Error('full'));
    const first = gate();
    const { ran, run } = recorder();
    const leaving = new AbortController();
    const running = queue.run('task', job('a', ['1'], run('a', first.opened)));
    const gone = queue.run('task', job('b', ['2'], run('b')), leaving.signal);
    await expect(queue.run('task', job('c', ['3'], run('c')))).rejects.toThrow('full');
    // A place for each task.
    expect(await queue.run('elsewhere', job('c', ['3'], run('elsewhere')))).toBe('elsewhere');
    leaving.abort(new Error('gone'));
    await expect(gone).rejects.toThrow('gone');
    expect(queue.queued).toBe(0);
    const late = queue.run('task', job('c', ['3'], run('c')));
    expect(queue.queued).toBe(1);
    first.open();
    expect(await Promise.all([running, late])).toEqual(['a', 'c']);
    expect(ran).toEqual(['a', 'elsewhere', 'c']);
  });
});

describe('deadlines', () => {
  const late = new Problem('too-slow', 'late');
  const gone = new Problem('client-gone', 'gone');

  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('end with their problem when the time is over', () => {
    const { signal } = createDeadline(1000, late);
    vi.advanceTimersByTime(999);
    expect(signal.aborted).toBe(false);
    vi.advanceTimersByTime(1);
    expect(signal.reason).toBe(late);
  });

  it('are over at once if all the time was spent before', () => {
    const { signal } = createDeadline(-5, late);
    vi.advanceTimersByTime(1);
    expect(signal.reason).toBe(late);
  });

  it('do not end once the answer is sent, and end early if nobody wants it', () => {
    const sent = createDeadline(1000, late);
    sent.stop();
    const left = createDeadline(1000, late);
    left.stop(gone);
    expect(vi.getTimerCount()).toBe(0);
    vi.advanceTimersByTime(5000);
    expect([sent.signal.aborted, left.signal.reason]).toEqual([false, gone]);
  });

  it('give work up, with the reason, and only while it runs', async () => {
    const never = new Promise<string>(() => {});
    const controller = new AbortController();
    const given = untilAborted(never, controller.signal);
    expect(await untilAborted(Promise.resolve('done'), controller.signal)).toBe('done');
    await expect(untilAborted(Promise.reject(new Error('bad')), controller.signal)).rejects.toThrow('bad');
    expect(await untilAborted(Promise.resolve('done'), undefined)).toBe('done');
    controller.abort(gone);
    await expect(given).rejects.toBe(gone);
    await expect(untilAborted(never, controller.signal)).rejects.toBe(gone);
  });

  it('leave no listener on a signal that outlives the work', async () => {
    const { signal } = new AbortController();
    const removed = vi.spyOn(signal, 'removeEventListener');
    await untilAborted(Promise.resolve('done'), signal);
    await Promise.resolve();
    expect(removed).toHaveBeenCalledWith('abort', expect.any(Function));
  });
});

describe('createLookAhead', () => {
  const soon = () => new Promise((resolve) => setTimeout(resolve, 40));

  it('waits while there are clicks, does the nearest first, and survives failures', async () => {
    const ahead = createLookAhead(5, 3);
    const done: string[] = [];
    const work = (name: string) => async () => {
      done.push(name);
      throw new Error('not found');
    };
    const ends = [ahead.busy(), ahead.busy()];
    for (const [name, distance] of [
      ['far', 3],
      ['a', 1],
      ['b', 1],
      ['near', 0],
      ['c', 1],
    ] as const) {
      ahead.push(name, work(name), distance);
    }
    expect(ahead.waiting).toBe(3);
    ends[0]();
    ends[0]();
    await soon();
    expect(done).toEqual([]);
    ends[1]();
    await expect.poll(() => done).toEqual(['near', 'a', 'b']);
    expect(ahead.waiting).toBe(0);
    ahead.close();
    ahead.push('d', work('d'), 0);
    await soon();
    expect(done).toEqual(['near', 'a', 'b']);
  });

  it('does one piece at a time, and a piece that is asked for twice once, as asked last', async () => {
    const ahead = createLookAhead(1);
    const first = gate();
    const done: string[] = [];
    const work = (name: string) => async () => void done.push(name);
    ahead.push('slow', () => first.opened, 0);
    await soon();
    ahead.push('a', work('a, far'), 5);
    ahead.push('b', work('b'), 2);
    ahead.push('a', work('a, near'), 1);
    ahead.busy()();
    await soon();
    expect([done, ahead.waiting]).toEqual([[], 2]);
    first.open();
    await expect.poll(() => done).toEqual(['a, near', 'b']);
    ahead.close();
  });

  it('forgets what waits when it is closed', async () => {
    const ahead = createLookAhead(1);
    const done: string[] = [];
    ahead.push('a', async () => void done.push('a'), 0);
    ahead.close();
    await soon();
    expect([done, ahead.waiting]).toEqual([[], 0]);
  });

  describe('by the clock', () => {
    beforeEach(() => void vi.useFakeTimers());
    afterEach(() => void vi.useRealTimers());
    const setUp = () => {
      const ahead = createLookAhead(100);
      const done: string[] = [];
      const push = (name: string, distance = 0) => ahead.push(name, async () => void done.push(name), distance);
      return { ahead, done, push };
    };

    it('waits for a whole moment without clicks', async () => {
      const { ahead, done, push } = setUp();
      push('a');
      await vi.advanceTimersByTimeAsync(99);
      const end = ahead.busy();
      await vi.advanceTimersByTimeAsync(1000);
      expect(done).toEqual([]);
      end();
      await vi.advanceTimersByTimeAsync(99);
      expect(done).toEqual([]);
      await vi.advanceTimersByTimeAsync(1);
      expect(done).toEqual(['a']);
    });

    it('starts nothing more while somebody clicks, and waits between two pieces', async () => {
      const { ahead, done, push } = setUp();
      const first = gate();
      ahead.push('slow', () => first.opened, 0);
      await vi.advanceTimersByTimeAsync(100);
      push('a');
      push('b', 1);
      const end = ahead.busy();
      first.open();
      await vi.advanceTimersByTimeAsync(1000);
      expect(done).toEqual([]);
      end();
      await vi.advanceTimersByTimeAsync(150);
      expect(done).toEqual(['a']);
      await vi.advanceTimersByTimeAsync(100);
      expect(done).toEqual(['a', 'b']);
    });

    it('sets no clock where there is nothing to do', async () => {
      const { ahead, push } = setUp();
      ahead.busy()();
      expect(vi.getTimerCount()).toBe(0);
      push('a');
      push('b');
      expect(vi.getTimerCount()).toBe(1);
      ahead.close();
      expect(vi.getTimerCount()).toBe(0);
      push('c');
      expect([vi.getTimerCount(), ahead.waiting]).toEqual([0, 0]);
    });

    it('keeps sixteen, and drops the farthest and of equal ones the latest', async () => {
      const { ahead, done, push } = setUp();
      for (let i = 0; i < 20; i++) push(`piece ${i}`, 5);
      push('near', 1);
      expect(ahead.waiting).toBe(16);
      await vi.advanceTimersByTimeAsync(16 * 100);
      expect(done).toEqual(['near', ...Array.from({ length: 15 }, (_, i) => `piece ${i}`)]);
    });
  });
});
