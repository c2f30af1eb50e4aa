import type { Click, Prompt, Segmenter, SegmenterImage, SegmentOptions } from '@clickmask/core';
import { rectRuns } from '@clickmask/core/masks';
import { emptyPrompt, type ObjectPrompt } from '@clickmask/core/session';
import { describe, expect, test } from 'vitest';
import { createSolver } from './solver.js';

const size = { width: 100, height: 10 };
const click = (x: number): Click => ({ x, y: 5, label: 'positive' });
const promptOf = (...clicks: Click[]): ObjectPrompt => ({ ...emptyPrompt, clicks });
/** The mask that answers a prompt: as wide as its last click is far. */
const runsOf = ({ clicks = [] }: Pick<Prompt, 'clicks'>) =>
  rectRuns(size, { x: 0, y: 0, width: clicks[clicks.length - 1].x, height: 1 });

interface Asked {
  readonly prompt: Prompt;
  readonly passes: number | undefined;
  readonly session: string | undefined;
  draft(): void;
  answer(complete?: boolean): Promise<void>;
  fail(error: Error): Promise<void>;
}

/** A solver whose segmenter answers when it is told to, and a list of all that it says. */
function setUp(provider = 'wasm') {
  const asked: Asked[] = [];
  const told: string[] = [];
  const turn = () => new Promise<void>((resolve) => setTimeout(resolve));
  const segmenter = {
    info: { provider },
    segment: (_: SegmenterImage, prompt: Prompt, { onDraft, passes, session }: SegmentOptions = {}) =>
      new Promise((resolve, reject) => {
        asked.push({
          prompt,
          passes,
          session,
          draft: () => onDraft?.({ runs: runsOf(prompt) }),
          answer(complete = true) {
            const rest = {
              score: 1,
              candidates: [],
              candidate: 0,
              changedPixels: 1,
              notes: [],
              refinement: { complete },
            };
            resolve({ runs: runsOf(prompt), ...rest });
            return turn();
          },
          fail(error) {
            reject(error);
            return turn();
          },
        });
      }),
  } as unknown as Segmenter;
  const solver = createSolver({
    target: () => ({ segmenter, image: { ...size, key: 'a' } as SegmenterImage }),
    segmentOptions: () => ({}),
    onResult: ({ prompt, runs }) => told.push(`result ${prompt.clicks.map(({ x }) => x)}: ${runs.spans[1]}`),
    onDraft: (prompt, runs) => told.push(`draft ${prompt.clicks.map(({ x }) => x)}: ${runs.spans[1]}`),
    onPreview: (preview) => told.push(preview === null ? 'no preview' : `preview ${preview.click.x}`),
    onBusy: (busy) => told.push(busy ? 'busy' : 'idle'),
    onError: ({ code }) => told.push(`error ${code}`),
    onIdle() {},
  });
  const take = () => told.splice(0);
  return { solver, asked, take };
}

describe('the solver', () => {
  test('tells the draft of a click and then its answer', async () => {
    const { solver, asked, take } = setUp();
    solver.solve(promptOf(click(20)));
    asked[0].draft();
    expect(take()).toEqual(['busy', 'draft 20: 20']);
    await asked[0].answer();
    expect(take()).toEqual(['result 20: 20', 'idle']);
  });

  test('a draft that a newer click has made old is not told, and neither is one of another image', async () => {
    const { solver, asked, take } = setUp();
    solver.solve(promptOf(click(20)));
    solver.solve(promptOf(click(20), click(30)));
    asked[0].draft();
    expect(take()).toEqual(['busy']);
    await asked[0].answer();
    expect(take().filter((text) => text.startsWith('result'))).toEqual(['result 20: 20']);
    solver.reset();
    take();
    asked[1].draft();
    await asked[1].answer();
    expect(take()).toEqual([]);
  });

  test('what was anticipated while the button was down is the answer when it is released', async () => {
    const { solver, asked, take } = setUp();
    const prompt = promptOf(click(20));
    solver.anticipate(emptyPrompt, prompt.clicks[0]);
    await asked[0].answer();
    expect(take()).toEqual([]);
    solver.solve(prompt);
    expect(take()).toEqual(['idle', 'result 20: 20']);
    expect(asked).toHaveLength(1);
  });

  test('released before it came, its draft and its answer are told when they come', async () => {
    for (const draftFirst of [true, false]) {
      const { solver, asked, take } = setUp();
      const prompt = promptOf(click(20));
      solver.anticipate(emptyPrompt, prompt.clicks[0]);
      if (draftFirst) asked[0].draft();
      expect(take()).toEqual([]);
      solver.solve(prompt);
      if (!draftFirst) asked[0].draft();
      expect(take()).toEqual(['busy', 'draft 20: 20']);
      await asked[0].answer();
      expect(take()).toEqual(['idle', 'result 20: 20']);
      expect(asked.map(({ passes }) => passes)).toEqual([undefined]);
    }
  });

  test('pressed and released while the preview of its place is on its way, that is the draft', async () => {
    const { solver, asked, take } = setUp();
    const prompt = promptOf(click(20));
    solver.preview({ prompt: emptyPrompt, click: prompt.clicks[0] });
    solver.anticipate(emptyPrompt, prompt.clicks[0]);
    solver.solve(prompt);
    expect(take()).toEqual(['busy']);
    await asked[0].answer(false);
    expect(take()).toEqual(['draft 20: 20', 'busy']);
    expect(asked.map(({ passes }) => passes)).toEqual([1, undefined]);
    // The segmenter has a draft to tell as well; it is the same.
    asked[1].draft();
    await asked[1].answer();
    expect(take()).toEqual(['result 20: 20', 'idle']);
  });

  test('a press where the preview goes on already asks nothing more', async () => {
    const { solver, asked, take } = setUp();
    solver.preview({ prompt: emptyPrompt, click: click(20) });
    await asked[0].answer(false);
    await asked[1].answer(false);
    solver.anticipate(emptyPrompt, click(20));
    await asked[2].answer(true);
    expect(asked.map(({ passes }) => passes)).toEqual([1, 1, 1]);
    take();
    solver.solve(promptOf(click(20)));
    expect(take()).toContain('result 20: 20');
    expect(asked).toHaveLength(3);
  });

  test('a server is asked for a preview in one', async () => {
    const { solver, asked } = setUp('remote');
    solver.preview({ prompt: emptyPrompt, click: click(20) });
    expect(asked.map(({ passes }) => passes)).toEqual([undefined]);
  });

  test('where the pointer rests, the preview goes on pass by pass until it is the answer', async () => {
    const { solver, asked, take } = setUp();
    solver.preview({ prompt: emptyPrompt, click: click(20) });
    for (const complete of [false, false, true]) await asked[asked.length - 1].answer(complete);
    expect(take()).toEqual(['preview 20', 'preview 20', 'preview 20']);
    expect(asked.map(({ passes }) => passes)).toEqual([1, 1, 1]);
    solver.solve(promptOf(click(20)));
    expect(take()).toEqual(['no preview', 'idle', 'result 20: 20']);
    expect(asked).toHaveLength(3);
  });

  test('where it moves on, the preview follows after the pass under way', async () => {
    const { solver, asked, take } = setUp();
    solver.preview({ prompt: emptyPrompt, click: click(20) });
    solver.preview({ prompt: emptyPrompt, click: click(30) });
    solver.preview({ prompt: emptyPrompt, click: click(40) });
    await asked[0].answer(false);
    await asked[1].answer(false);
    expect(asked.map(({ prompt }) => prompt.clicks?.[0].x)).toEqual([20, 40, 40]);
    expect(take()).toEqual(['preview 20', 'preview 40']);
  });

  test('a preview of one pass that is clicked on is the draft of the click', async () => {
    const { solver, asked, take } = setUp();
    solver.preview({ prompt: emptyPrompt, click: click(20) });
    await asked[0].answer(false);
    expect(take()).toEqual(['preview 20']);
    solver.solve(promptOf(click(20)));
    expect(take()).toEqual(['no preview', 'draft 20: 20', 'busy']);
  });

  test('a click elsewhere waits for no further pass of the preview', async () => {
    const { solver, asked, take } = setUp();
    solver.preview({ prompt: emptyPrompt, click: click(20) });
    solver.solve(promptOf(click(70)));
    expect(asked.map(({ passes }) => passes)).toEqual([1, undefined]);
    await asked[0].answer(false);
    await asked[1].answer();
    expect(asked).toHaveLength(2);
    expect(take()).toEqual(['busy', 'result 70: 70', 'idle']);
  });

  test('a press that turns out to be something else costs nothing but the work', async () => {
    const { solver, asked, take } = setUp();
    solver.anticipate(emptyPrompt, click(20));
    solver.preview(null);
    await asked[0].answer();
    expect(take()).toEqual([]);
    const other = promptOf(click(30));
    solver.solve(other);
    await asked[1].answer();
    expect(take()).toEqual(['busy', 'result 30: 30', 'idle']);
  });

  test('a press on what is previewed already, or is about to be, asks nothing', async () => {
    const { solver, asked, take } = setUp();
    solver.preview({ prompt: emptyPrompt, click: click(20) });
    solver.anticipate(emptyPrompt, click(20));
    await asked[0].answer();
    expect(take()).toEqual(['preview 20']);
    solver.anticipate(emptyPrompt, click(20));
    expect(asked).toHaveLength(1);
    solver.preview(null);
    expect(take()).toEqual(['no preview']);
  });

  test('a preview that fails is not told; clicked on, it is asked for again', async () => {
    const { solver, asked, take } = setUp();
    solver.preview({ prompt: emptyPrompt, click: click(20) });
    solver.solve(promptOf(click(20)));
    await asked[0].fail(new Error('no'));
    expect(take()).toEqual(['busy', 'busy']);
    await asked[1].fail(new Error('no'));
    expect(take()).toEqual(['error internal', 'idle']);
  });

  test('a second click while the first is on its way as a preview: both are answered, and it stays busy between', async () => {
    const { solver, asked, take } = setUp();
    const first = promptOf(click(20));
    solver.anticipate(emptyPrompt, first.clicks[0]);
    solver.solve(first);
    solver.solve({ ...first, clicks: [...first.clicks, click(40)] });
    await asked[0].answer();
    const words = take();
    expect(words).toContain('result 20: 20');
    expect(words).not.toContain('idle');
    await asked[1].answer();
    expect(take()).toEqual(['result 20,40: 40', 'idle']);
  });

  test('where the first of two quick clicks has passes left, only the second is answered', async () => {
    const { solver, asked, take } = setUp();
    const first = promptOf(click(20));
    solver.anticipate(emptyPrompt, first.clicks[0]);
    solver.solve(first);
    solver.solve({ ...first, clicks: [...first.clicks, click(40)] });
    await asked[0].answer(false);
    await asked[1].answer();
    expect(take().filter((word) => word !== 'busy')).toEqual(['result 20,40: 40', 'idle']);
    expect(asked).toHaveLength(2);
  });

  test('solvers that share a segmenter do not take the place of each other’s requests', async () => {
    const names = ['', ''].map(() => {
      const { solver, asked } = setUp();
      solver.preview({ prompt: emptyPrompt, click: click(20) });
      solver.solve(promptOf(click(70)));
      return asked.map(({ session }) => session);
    });
    expect(new Set(names.flat()).size).toBe(4);
  });
});
