import { describe, expect, it } from 'vitest';
import { codeOf, fakeEngine, fakeModel, picture } from '../../test/support/fake-model.js';
import type { Click } from '../clicks/index.js';
import { ClickmaskError } from '../errors/index.js';
import { createHost } from '../host/index.js';
import { rectRuns } from '../mask/index.js';
import type { Prediction } from './prediction.js';
import type { Segmenter, SegmenterImage } from './segmenter.js';
import { type CreateSessionOptions, createSession, type SessionChange } from './session.js';

const at = (x: number, y: number, label: Click['label'] = 'positive'): Click => ({ x, y, label });
const [a, b, c] = [at(20, 20), at(60, 45, 'negative'), at(35, 30)];

async function setUp(options?: CreateSessionOptions) {
  const handle = fakeModel({ candidates: 2 });
  const segmenter = await createHost({ slots: [{ start: async () => fakeEngine(handle) }] });
  const image = await segmenter.open(picture(80, 60));
  const session = createSession(segmenter, image, options);
  const changes: SessionChange[] = [];
  session.onChange((change) => changes.push(change));
  return { segmenter, image, session, handle, changes };
}

/** A segmenter whose answers come when they are told to, under the rule that the latest click wins. */
async function manual() {
  const { segmenter: real, image } = await setUp();
  const calls: {
    readonly clicks: number;
    answer(): Promise<void>;
    fail(error: unknown): void;
    signal?: AbortSignal;
  }[] = [];
  const segmenter: Segmenter = {
    ...real,
    segment: (of, prompt, options) =>
      new Promise<Prediction>((resolve, reject) => {
        options?.signal?.addEventListener('abort', () => reject(new ClickmaskError('aborted', 'aborted')));
        calls.push({
          clicks: prompt.clicks?.length ?? 0,
          answer: async () => resolve(await real.segment(of, prompt)),
          fail: reject,
        });
      }),
  };
  return { segmenter, image, calls, session: createSession(segmenter, image) };
}

const direct = (segmenter: Segmenter, image: SegmenterImage, clicks: readonly Click[]) =>
  segmenter.segment(image, { clicks });

describe('createSession', () => {
  it('predicts after every change, with the mask that a plain request gives', async () => {
    const { session, segmenter, image } = await setUp();
    expect(session.prediction).toBeNull();
    const first = await session.add(a);
    expect(first).toBe(session.prediction);
    expect(first!.runs).toEqual((await direct(segmenter, image, [a])).runs);
    await session.add(b);
    await session.move(0, { x: 22, y: 21 });
    expect(session.clicks).toEqual([at(22, 21), b]);
    expect(session.prediction!.runs).toEqual((await direct(segmenter, image, [at(22, 21), b])).runs);
    await session.remove(1);
    expect(session.prediction!.runs).toEqual((await direct(segmenter, image, [at(22, 21)])).runs);
    expect(session.prediction!.mask).toBe(session.prediction!.mask);
    await session.clear();
    expect(session.clicks).toEqual([]);
    expect(session.prediction).toBeNull();
    await segmenter.close();
  });

  it('brings masks and clicks back on undo and redo, without computing anything', async () => {
    const { session, handle } = await setUp();
    const made = [null, await session.add(a), await session.add(b), await session.add(c)];
    const { decodes } = handle.calls;
    for (const i of [2, 1, 0]) {
      expect(session.canUndo).toBe(true);
      const back = await session.undo();
      expect(session.clicks).toEqual([a, b, c].slice(0, i));
      expect(back?.runs).toEqual(made[i]?.runs);
      expect(session.prediction?.area).toBe(made[i]?.area);
    }
    expect(session.canUndo).toBe(false);
    expect(await session.undo()).toBeNull();
    for (const i of [1, 2, 3]) expect((await session.redo())!.mask.data).toEqual(made[i]!.mask.data);
    expect(session.canRedo).toBe(false);
    expect((await session.redo())!.area).toBe(made[3]!.area);
    expect(handle.calls.decodes).toBe(decodes);
    await session.undo();
    await session.add(b);
    expect(session.canRedo).toBe(false);
  });

  it('tells listeners what happened, in order, and who did it', async () => {
    const { session, changes } = await setUp();
    await session.add(a);
    await session.add(b, 'program');
    await session.undo();
    await session.redo();
    expect(changes.map(({ kind, origin, prompt }) => [kind, origin, prompt.clicks.length])).toEqual([
      ['prompt', 'user', 1],
      ['prediction', 'user', 1],
      ['prompt', 'program', 2],
      ['prediction', 'program', 2],
      ['prompt', 'undo', 1],
      ['prediction', 'undo', 1],
      ['prompt', 'redo', 2],
      ['prediction', 'redo', 2],
    ]);
    const seen: string[] = [];
    const stop = session.onChange(({ kind }) => seen.push(kind));
    await session.remove(0);
    stop();
    await session.undo();
    expect(seen).toEqual(['prompt', 'prediction']);
  });

  it('takes a box, a mask to start from and another candidate, each as a step', async () => {
    const { session } = await setUp();
    await session.setBox({ x1: 50, y1: 40, x2: 10, y2: 10 });
    expect(session.box).toEqual({ x1: 10, y1: 10, x2: 50, y2: 40 });
    const boxed = session.prediction!.area;
    expect(boxed).toBeGreaterThan(0);
    await session.add(a);
    expect(session.candidate).toBe('best');
    expect(session.prediction!.candidate).toBe(1);
    await session.choose(0);
    expect(session.prediction!.candidate).toBe(0);
    await session.add(b);
    expect(session.candidate).toBe('best');
    const mask = rectRuns({ width: 80, height: 60 }, { x: 5, y: 5, width: 30, height: 30 });
    await session.setMask(mask);
    mask.spans.fill(0);
    expect(session.mask!.spans[0]).toBe(5);
    await session.setBox(null);
    await session.setMask(null);
    for (let i = 0; i < 6; i++) await session.undo();
    expect(session.box).toEqual({ x1: 10, y1: 10, x2: 50, y2: 40 });
    expect(session.prediction!.area).toBe(boxed);
  });

  it('refuses what is not valid, and stays as it was', async () => {
    const { session, changes } = await setUp();
    await session.add(a);
    changes.length = 0;
    const before = session.log();
    const wrong: readonly [Promise<unknown>, string][] = [
      [session.add(at(Number.NaN, 1)), 'bad-click'],
      [session.add(at(81, 1)), 'bad-click'],
      [session.add(undefined as never), 'bad-click'],
      [session.move(3, { x: 1, y: 1 }), 'bad-click'],
      [session.move(0, undefined as never), 'bad-click'],
      [session.remove(-1), 'bad-click'],
      [session.setBox({ x1: 1, y1: 1, x2: 1, y2: 5 }), 'bad-box'],
      [session.setMask(rectRuns({ width: 8, height: 8 }, { x: 0, y: 0, width: 1, height: 1 })), 'bad-mask'],
      [session.setMask('mask' as never), 'bad-mask'],
      [session.choose(-1), 'bad-option'],
      [session.choose(2), 'bad-option'],
    ];
    for (const [promise, code] of wrong) expect(await codeOf(promise)).toBe(code);
    expect(session.clicks).toEqual([a]);
    expect(session.candidate).toBe('best');
    expect(session.log()).toEqual(before);
    expect(changes).toEqual([]);
    expect(() => createSession({} as Segmenter, {} as SegmenterImage, { historyLimit: -1 })).toThrow(
      expect.objectContaining({ code: 'bad-option' }),
    );
  });

  it('takes a thousand clicks and no more', async () => {
    const { segmenter, image } = await manual();
    const idle = createSession({ ...segmenter, segment: () => Promise.reject(superseded()) }, image);
    for (let i = 0; i < 1000; i++) await idle.add(a);
    expect(await codeOf(idle.add(a))).toBe('too-many-clicks');
    expect(idle.clicks).toHaveLength(1000);
  });

  it('keeps as many steps as it is told', async () => {
    const { session } = await setUp({ historyLimit: 2 });
    for (const click of [a, b, c]) await session.add(click);
    await session.undo();
    await session.undo();
    expect(session.canUndo).toBe(false);
    expect(session.clicks).toEqual([a]);
    const { session: none } = await setUp({ historyLimit: 0 });
    await none.add(a);
    expect(none.canUndo).toBe(false);
  });

  it('keeps the clicks where the prediction failed, and predicts again', async () => {
    const { session, calls } = await manual();
    const changes: SessionChange[] = [];
    session.onChange((change) => changes.push(change));
    const failing = codeOf(session.add(a));
    expect(session.isPending).toBe(true);
    calls[0].fail(new ClickmaskError('worker-lost', 'gone'));
    expect(await failing).toBe('worker-lost');
    expect(session.isPending).toBe(false);
    expect(changes.map(({ kind }) => kind)).toEqual(['prompt', 'error']);
    expect(session.clicks).toEqual([a]);
    const again = session.predict();
    const same = session.predict();
    expect(calls).toHaveLength(2);
    await calls[1].answer();
    expect(await again).toBe(await same);
    expect(session.prediction).toBe(await again);
  });

  it('does not take a newer change for an error', async () => {
    const { session, calls } = await manual();
    const first = session.add(a);
    const second = session.add(b);
    calls[0].fail(superseded());
    expect(await first).toBeNull();
    expect(session.prediction).toBeNull();
    await calls[1].answer();
    expect(await second).toBe(session.prediction);
    const back = session.undo();
    expect(calls.map(({ clicks }) => clicks)).toEqual([1, 2, 1]);
    await calls[2].answer();
    expect((await back)!.area).toBeGreaterThan(0);
  });

  it('shows the mask before while the next is computed, and keeps late ones to itself', async () => {
    const { session, calls } = await manual();
    const first = session.add(a);
    await calls[0].answer();
    const shown = await first;
    const shownClicks: number[] = [];
    session.onChange((change) => change.kind === 'prediction' && shownClicks.push(change.prompt.clicks.length));
    const second = session.add(b);
    expect(session.prediction).toBe(shown);
    await session.undo();
    await calls[1].answer();
    const late = await second;
    expect(late).not.toBeNull();
    expect(session.prediction!.runs).toEqual(shown!.runs);
    expect(shownClicks).toEqual([1]);
    expect((await session.redo())!.runs).toEqual(late!.runs);
    expect(calls).toHaveLength(2);
  });

  it('rejects with what a listener throws, after all others were told', async () => {
    const { session } = await setUp();
    let told = 0;
    session.onChange(({ kind }) => {
      if (kind === 'prediction') throw new Error('listener');
    });
    session.onChange(() => {
      told += 1;
    });
    await expect(session.add(a)).rejects.toThrow('listener');
    expect(told).toBe(2);
    expect(session.prediction!.area).toBeGreaterThan(0);
  });

  it('gives up and refuses when disposed', async () => {
    const { session, changes } = await setUp();
    await session.add(a);
    const { session: waiting } = await manual();
    const pending = codeOf(waiting.add(a));
    waiting.dispose();
    waiting.dispose();
    expect(await pending).toBe('aborted');
    session.dispose();
    changes.length = 0;
    for (const call of [session.add(b), session.undo(), session.clear(), session.predict(), session.setBox(null)]) {
      expect(await codeOf(call)).toBe('closed');
    }
    expect(changes).toEqual([]);
    expect(session.log().actions).toHaveLength(1);
  });

  it('asks once more for a state that it comes back to while a newer one takes its place', async () => {
    const { session, segmenter, image, changes } = await setUp();
    // Holds the lane, so that what follows waits in the queue.
    const other = segmenter.segment(image, { clicks: [c] });
    const added = session.add(a);
    void session.add(b);
    const back = await session.undo();
    await other;
    expect(back!.runs).toEqual((await direct(segmenter, image, [a])).runs);
    expect((await added)!.runs).toEqual(back!.runs);
    expect(session.prediction).toBe(back);
    expect(session.isPending).toBe(false);
    expect(changes.at(-1)).toMatchObject({ kind: 'prediction', prompt: { clicks: [a] } });
  });

  it('asks a host so that only the latest click waits', async () => {
    const { session, handle } = await setUp();
    const [x, y, z] = await Promise.all([session.add(a), session.add(b), session.add(c)]);
    expect([x === null, y === null, z === null]).toEqual([false, true, false]);
    expect(handle.calls.decodes).toBe(3);
    expect(session.prediction).toBe(z);
  });
});

function superseded(): ClickmaskError {
  return new ClickmaskError('superseded', 'newer');
}
