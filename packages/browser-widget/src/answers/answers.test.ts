import { ClickmaskError, type Prompt, type Segmenter, type SegmenterImage } from '@clickmask/core';
import { rectRuns } from '@clickmask/core/masks';
import { addClick, createSessionLog, emptyPrompt, needsResult, type SessionValue } from '@clickmask/core/session';
import { describe, expect, test } from 'vitest';
import { setUpAnnotation } from '../../test/fake-store.js';
import { createAnswers } from './answers.js';

const size = { width: 100, height: 50 };
const click = (x: number) => ({ x, y: 5, label: 'positive' as const });
const turn = () => new Promise<void>((resolve) => setTimeout(resolve));

/** An annotator without a page, whose segmenter answers when it is told to. */
function setUp() {
  const fake = setUpAnnotation();
  const asked: { readonly at: number; answer(): Promise<void>; fail(error: Error): Promise<void> }[] = [];
  const segmenter = {
    info: { provider: 'wasm' },
    segment: (_: SegmenterImage, { clicks = [] }: Prompt) =>
      new Promise((resolve, reject) => {
        const rest = { score: 1, candidates: [], candidate: 0, changedPixels: 1, notes: [], refinement: {} };
        asked.push({
          at: clicks[clicks.length - 1].x,
          answer() {
            resolve({ runs: rectRuns(size, { x: 0, y: 0, width: 3, height: 3 }), ...rest });
            return turn();
          },
          fail(error) {
            reject(error);
            return turn();
          },
        });
      }),
  } as unknown as Segmenter;
  const target = () => ({ segmenter, image: { ...size, key: 'a' } as SegmenterImage });
  const { store, annotation, events } = fake;
  const log = createSessionLog();
  const answers = createAnswers({ store, target, amend: annotation.amend, log, events });
  const addTo = (id: string, x: number) =>
    annotation.make((value) => addClick(click(x), { id })({ ...value, activeId: id }));
  /** Which objects still wait for an answer. */
  const waiting = () => store.now.value.objects.filter(needsResult).map(({ id }) => id);
  return { ...fake, answers, asked, addTo, waiting };
}

function unanswered(...places: number[]): SessionValue {
  const objects = places.map((x) => ({
    id: `object-${x}`,
    classId: null,
    accepted: false,
    prompt: { ...emptyPrompt, clicks: [click(x)] },
    result: null,
    painted: null,
    erased: null,
    strokesPending: false,
  }));
  return { objects, activeId: null };
}

describe('answers', () => {
  test('all objects that wait for one are asked for, one after the other', async () => {
    const { annotation, answers, asked, waiting } = setUp();
    annotation.set(unanswered(10, 20, 30));
    let settled = false;
    void answers.settled().then(() => (settled = true));
    for (const at of [10, 20, 30]) {
      expect([asked.at(-1)!.at, settled]).toEqual([at, false]);
      await asked.at(-1)!.answer();
    }
    expect([asked.length, waiting(), settled]).toEqual([3, [], true]);
  });

  test('a click that another object’s took the turn of is asked for after it', async () => {
    const { asked, addTo, waiting } = setUp();
    addTo('one', 10);
    addTo('one', 11);
    addTo('two', 20);
    for (let i = 0; i < 3; i++) await asked[i].answer();
    expect([asked.map(({ at }) => at), waiting()]).toEqual([[10, 20, 11], []]);
  });

  test('an error ends it, and so does a request that is dropped each time', async () => {
    const { store, annotation, asked } = setUp();
    annotation.set(unanswered(10, 20));
    await asked[0].fail(new Error('no'));
    expect(asked).toHaveLength(1);
    store.set({ failure: null });
    annotation.set(unanswered(30));
    for (const { fail } of asked.slice(1)) await fail(new ClickmaskError('superseded', 'Dropped.'));
    for (const { fail } of asked.slice(2)) await fail(new ClickmaskError('superseded', 'Dropped.'));
    expect(asked.map(({ at }) => at)).toEqual([10, 30, 30]);
  });

  test('in controlled mode, an answer that the page refuses is not asked for again', async () => {
    const { store, annotation, asked } = setUp();
    store.set({ controlled: true });
    annotation.set(unanswered(10));
    await asked[0].answer();
    expect(asked).toHaveLength(1);
  });

  test('what was undone while its answer was under way is not spoken of', async () => {
    const { annotation, asked, addTo, said } = setUp();
    addTo('one', 10);
    annotation.step('undo');
    await asked[0].answer();
    expect(said()).toEqual([]);
    annotation.step('redo');
    expect(said()).toEqual([]);
    addTo('one', 11);
    await asked[1].answer();
    expect(said()).toEqual(['Mask covers 0.2% of the image, score 1, clicks: 2.']);
  });
});
