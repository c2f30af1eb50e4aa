import { describe, expect, it } from 'vitest';
import { createLookAhead, createTaskQueue } from './index.js';

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
});
