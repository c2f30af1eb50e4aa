import { describe, expect, it } from 'vitest';
import { codeOf } from '../../test/support/fake-model.js';
import { createJobQueue } from './queue.js';

/** A job that ends when it is told to. */
function manual<T = string>() {
  let begun: () => void = () => {};
  const started = new Promise<void>((resolve) => {
    begun = resolve;
  });
  let finish: (value: T) => void = () => {};
  let fail: (error: unknown) => void = () => {};
  const result = new Promise<T>((resolve, reject) => {
    finish = resolve;
    fail = reject;
  });
  let runs = 0;
  const run = () => {
    runs += 1;
    begun();
    return result;
  };
  return { run, started, finish, fail, count: () => runs };
}

describe('createJobQueue', () => {
  it('runs one job at a time, in order', async () => {
    const queue = createJobQueue(8);
    const order: string[] = [];
    const jobs = [manual(), manual(), manual()];
    const done = jobs.map(({ run }, i) =>
      queue.push({
        run: () => {
          order.push(`start ${i}`);
          return run();
        },
      }),
    );
    expect([queue.active, queue.queued]).toEqual([1, 2]);
    jobs[2].finish('c');
    jobs[1].finish('b');
    expect(order).toEqual(['start 0']);
    jobs[0].finish('a');
    expect(await Promise.all(done)).toEqual(['a', 'b', 'c']);
    expect(order).toEqual(['start 0', 'start 1', 'start 2']);
  });

  it('tells a running job that its caller has given up, and why', async () => {
    const queue = createJobQueue(8);
    for (const way of ['deadline', 'signal']) {
      const abort = new AbortController();
      const limit = way === 'deadline' ? { deadlineMs: 1 } : { signal: abort.signal };
      let told: AbortSignal | undefined;
      const job = manual();
      const run = (signal: AbortSignal) => {
        told = signal;
        return job.run();
      };
      const done = queue.push({ run, ...limit });
      await job.started;
      expect(told?.aborted).toBe(false);
      if (way === 'signal') abort.abort();
      const error = await done.catch((reason: unknown) => reason);
      expect(told?.reason).toBe(error);
      job.finish('late');
    }
    expect(await queue.push({ run: async (signal) => signal.aborted })).toBe(false);
  });

  it('goes on after a job that fails, even one that throws at once', async () => {
    const queue = createJobQueue(8);
    const failing = queue.push({ run: async () => Promise.reject(new Error('no')) });
    const throwing = queue.push({
      run: () => {
        throw new Error('at once');
      },
    });
    const fine = queue.push({ run: async () => 1 });
    await expect(failing).rejects.toThrow('no');
    await expect(throwing).rejects.toThrow('at once');
    expect(await fine).toBe(1);
  });

  it('lets the newest queued job of a session take the place of older ones', async () => {
    const queue = createJobQueue(8);
    const running = manual();
    const first = queue.push({ run: running.run, session: 'a' });
    const old = [manual(), manual()];
    const refused = old.map(({ run }) => codeOf(queue.push({ run, session: 'a' })));
    const other = queue.push({ run: async () => 'other', session: 'b' });
    const last = queue.push({ run: async () => 'last', session: 'a' });
    expect(await Promise.all(refused)).toEqual(['superseded', 'superseded']);
    running.finish('first');
    expect(await Promise.all([first, other, last])).toEqual(['first', 'other', 'last']);
    expect(old.map(({ count }) => count())).toEqual([0, 0]);
  });

  it('refuses when full, but not a newer click of a queued session, nor what frees memory', async () => {
    const queue = createJobQueue(1);
    const running = manual();
    const first = queue.push({ run: running.run });
    const second = codeOf(queue.push({ run: async () => 'second', session: 'a' }));
    expect(await codeOf(queue.push({ run: async () => 'third' }))).toBe('queue-full');
    const newer = queue.push({ run: async () => 'newer', session: 'a' });
    const freeing = queue.push({ run: async () => 'freed', always: true });
    running.finish('first');
    expect(await Promise.all([first, second, newer, freeing])).toEqual(['first', 'superseded', 'newer', 'freed']);
  });

  it('serves owners in turn, and the background last', async () => {
    const queue = createJobQueue(9);
    const running = manual();
    const done: Promise<unknown>[] = [queue.push({ run: running.run })];
    const order: string[] = [];
    const ask = (name: string, background = false) => {
      const run = async () => void order.push(name);
      done.push(queue.push({ run, owner: name[0], background }));
    };
    ask('z1', true);
    for (const name of ['a1', 'a2', 'a3', 'b1']) ask(name);
    running.finish('first');
    await Promise.all(done);
    expect(order).toEqual(['a1', 'b1', 'a2', 'a3', 'z1']);
  });

  it('lets no owner fill it, and never drops what frees memory', async () => {
    const queue = createJobQueue(3);
    const running = manual();
    const first = queue.push({ run: running.run });
    const ask = (owner: string, background = false) => queue.push({ run: async () => owner, owner, background });
    const ahead = codeOf(ask('z', true));
    const own = [ask('a'), ask('a')];
    const freeing = queue.push({ run: async () => 'freed', owner: 'a', always: true });
    const more = ask('b');
    expect(await ahead).toBe('queue-full');
    const late = codeOf(own[1]);
    const other = ask('c');
    expect(await late).toBe('queue-full');
    expect(await codeOf(ask('c', true))).toBe('queue-full');
    running.finish('1');
    expect(await Promise.all([first, own[0], freeing, more, other])).toEqual(['1', 'a', 'freed', 'b', 'c']);
  });

  it('keeps the turn of a session whose newer click takes a place', async () => {
    const queue = createJobQueue(9);
    const running = manual();
    const first = queue.push({ run: running.run });
    const order: string[] = [];
    const ask = (name: string, owner: string) =>
      queue.push({ run: async () => void order.push(name), owner, session: owner });
    const old = codeOf(ask('a1', 'a'));
    const others = [ask('b1', 'b'), ask('a2', 'a')];
    expect(await old).toBe('superseded');
    running.finish('1');
    await Promise.all([first, ...others]);
    expect(order).toEqual(['a2', 'b1']);
  });

  it('with no room to wait still runs one job', async () => {
    const queue = createJobQueue(0);
    const running = manual();
    const first = queue.push({ run: running.run });
    expect(await codeOf(queue.push({ run: async () => 2 }))).toBe('queue-full');
    running.finish('1');
    expect(await first).toBe('1');
  });

  describe('an abort signal', () => {
    it('refuses a job before it is queued', async () => {
      const queue = createJobQueue(8);
      const { run, count } = manual();
      expect(await codeOf(queue.push({ run, signal: AbortSignal.abort() }))).toBe('aborted');
      expect(count()).toBe(0);
    });

    it('drops a queued job', async () => {
      const queue = createJobQueue(8);
      const running = manual();
      const first = queue.push({ run: running.run });
      const controller = new AbortController();
      const waiting = manual();
      const second = codeOf(queue.push({ run: waiting.run, signal: controller.signal }));
      controller.abort();
      expect(await second).toBe('aborted');
      expect(queue.queued).toBe(0);
      running.finish('a');
      await first;
      expect(waiting.count()).toBe(0);
    });

    it('tells the caller of a running job at once, and lets the job end before the next', async () => {
      const queue = createJobQueue(8);
      const controller = new AbortController();
      const running = manual();
      const first = codeOf(queue.push({ run: running.run, signal: controller.signal }));
      await running.started;
      const next = manual();
      const second = queue.push({ run: next.run });
      controller.abort(new Error('moved on'));
      expect(await first).toBe('aborted');
      expect(next.count()).toBe(0);
      running.fail(new Error('late'));
      next.finish('second');
      expect(await second).toBe('second');
    });

    it('must be a signal', async () => {
      const job = { run: async () => 1, signal: {} as AbortSignal };
      expect(await codeOf(createJobQueue(8).push(job))).toBe('bad-option');
    });

    it('means nothing after the job is done', async () => {
      const controller = new AbortController();
      expect(await createJobQueue(1).push({ run: async () => 'done', signal: controller.signal })).toBe('done');
      controller.abort();
    });
  });

  describe('a deadline', () => {
    it('drops a queued job, and frees the caller of a running one', async () => {
      const queue = createJobQueue(8);
      const running = manual();
      const first = codeOf(queue.push({ run: running.run, deadlineMs: 1 }));
      const second = manual();
      const waiting = codeOf(queue.push({ run: second.run, deadlineMs: 1 }));
      expect(await Promise.all([first, waiting])).toEqual(['deadline-exceeded', 'deadline-exceeded']);
      running.finish('late');
      expect(await queue.push({ run: async () => 'next' })).toBe('next');
      expect(second.count()).toBe(0);
    });

    it('longer than a timer holds is none', async () => {
      const queue = createJobQueue(8);
      for (const deadlineMs of [2 ** 40, Number.POSITIVE_INFINITY]) {
        const job = manual();
        const result = queue.push({ run: job.run, deadlineMs });
        await new Promise((resolve) => setTimeout(resolve, 5));
        job.finish('in time');
        expect(await result).toBe('in time');
      }
    });

    it('must be a time', async () => {
      for (const deadlineMs of [Number.NaN, -1, '5']) {
        const job = { run: async () => 1, deadlineMs: deadlineMs as number };
        expect(await codeOf(createJobQueue(8).push(job))).toBe('bad-option');
      }
    });
  });

  it('closes: finishes what runs, refuses what waits and what comes', async () => {
    const queue = createJobQueue(8);
    const running = manual();
    const first = queue.push({ run: running.run });
    const waiting = codeOf(queue.push({ run: async () => 2 }));
    let closed = false;
    const closing = queue.close().then(() => {
      closed = true;
    });
    expect(await waiting).toBe('closed');
    expect(await codeOf(queue.push({ run: async () => 3 }))).toBe('closed');
    expect(closed).toBe(false);
    running.finish('first');
    expect(await first).toBe('first');
    await closing;
    await queue.close();
  });

  it('refuses a capacity that is no whole number', () => {
    for (const capacity of [-1, 0.5, Number.NaN]) {
      expect(() => createJobQueue(capacity)).toThrow(expect.objectContaining({ code: 'bad-option' }));
    }
  });
});
