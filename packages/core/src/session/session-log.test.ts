import { describe, expect, it } from 'vitest';
import { codeOf, fakeEngine, fakeModel, picture } from '../../test/support/fake-model.js';
import { createHost } from '../host/index.js';
import { rectRuns } from '../mask/index.js';
import { answerSession } from './answer-session.js';
import * as edits from './edits.js';
import { maskOfObject } from './mask-of-object.js';
import { parseSessionLog } from './parse-session-log.js';
import { replaySessionLog } from './replay-session-log.js';
import { createSession } from './session.js';
import { createSessionLog } from './session-log.js';
import { needsResult } from './value.js';

const size = { width: 80, height: 60 };
const positive = (x: number, y: number) => ({ x, y, label: 'positive' as const });

/** A session of two objects, its log, and what it was made on. */
async function setUp() {
  const segmenter = await createHost({ slots: [{ start: async () => fakeEngine(fakeModel({ candidates: 2 })) }] });
  const image = await segmenter.open(picture(size.width, size.height));
  const log = createSessionLog();
  log.start(image);
  log.open(image.key, segmenter.info.model);
  const session = createSession();
  const edit = async (change: edits.Edit) => {
    session.edit(change);
    await answerSession(session, segmenter, image, { log });
  };
  await edit(edits.addClick(positive(20, 20)));
  await edit(edits.addClick({ x: 60, y: 45, label: 'negative' }));
  await edit(edits.addObjectFromMask(rectRuns(size, { x: 3, y: 4, width: 5, height: 6 })));
  await edit(edits.setBox({ x1: 1, y1: 2, x2: 30, y2: 40 }));
  await edit(edits.chooseCandidate(1));
  return { segmenter, image, session, log: JSON.stringify(log.export()) };
}

describe('answerSession', () => {
  it('answers whatever waits, each with the mask that a plain request gives', async () => {
    const { segmenter, image, session } = await setUp();
    expect(session.value.objects.some(needsResult)).toBe(false);
    const plain = await segmenter.segment(image, { clicks: session.value.objects[0].prompt.clicks });
    expect(maskOfObject(session.value.objects[0])).toEqual(plain.runs);
    session.undo();
    session.edit(edits.addClick(positive(9, 9)));
    const controller = new AbortController();
    controller.abort();
    expect(await codeOf(answerSession(session, segmenter, image, { signal: controller.signal }))).toBe('aborted');
    expect(session.active !== null && needsResult(session.active)).toBe(true);
  });
});

describe('a session log', () => {
  it('gives the same masks again, and tells which differ', async () => {
    const { segmenter, image, log } = await setUp();
    const masks: number[] = [];
    const report = await replaySessionLog(log, segmenter, image, {
      onMask: (_, entry, i) => masks.push(i + entry.clicks.length),
    });
    expect(report).toEqual({ total: 4, identical: 4, different: [] });
    expect(masks).toEqual([1, 3, 2, 3]);
    const changed = JSON.parse(log);
    changed.entries[1].clicks[0].x += 11;
    changed.entries[3].candidate = 0;
    expect((await replaySessionLog(changed, segmenter, image)).different).toEqual([1, 3]);
  });

  it('is refused on another image or model, unless any model will do', async () => {
    const { segmenter, image, log } = await setUp();
    const other = await segmenter.open(picture(81, 60));
    expect(await codeOf(replaySessionLog(log, segmenter, other))).toBe('bad-image');
    const foreign = { ...JSON.parse(log), model: 'other 1' };
    expect(await codeOf(replaySessionLog(foreign, segmenter, image))).toBe('bad-model');
    expect((await replaySessionLog(foreign, segmenter, image, { anyModel: true })).identical).toBe(4);
    const elsewhere = { ...JSON.parse(log), image: { ...size, key: 'sha256:00' } };
    const named = { ...image, key: 'sha256:11' };
    expect(await codeOf(replaySessionLog(elsewhere, segmenter, named))).toBe('bad-image');
  });

  it('is read back as it was written, with its objects and options', async () => {
    const { log } = await setUp();
    expect(parseSessionLog(log)).toEqual(JSON.parse(log));
    expect(parseSessionLog(log).entries.map(({ object }) => object)).toEqual([
      'object-1',
      'object-1',
      'object-2',
      'object-2',
    ]);
    const book = createSessionLog();
    book.start(size);
    const options = { refinement: { cascade: 'off' as const }, postprocess: { fillHoles: Infinity } };
    expect(book.export(options).options).toEqual({
      refinement: { cascade: 'off' },
      postprocess: { fillHoles: Number.MAX_SAFE_INTEGER },
    });
    expect(() => parseSessionLog(book.export(options))).not.toThrow();
  });

  it('keeps the last entries where there are too many, and starts anew with an image', async () => {
    const { session } = await setUp();
    const { result } = session.value.objects[0];
    const book = createSessionLog(2);
    book.start(size);
    for (const id of ['a', 'b', 'c']) book.add(result!, 1.26, id);
    expect(book.export().entries.map(({ object, milliseconds }) => [object, milliseconds])).toEqual([
      ['b', 1.3],
      ['c', 1.3],
    ]);
    book.start(size);
    expect(book.export().entries).toEqual([]);
  });
});

describe('the older kinds', () => {
  it('an annotation log, whose starting mask is a list of runs', () => {
    const log = parseSessionLog({
      format: 'clickmask-annotation-log',
      version: 1,
      model: 'm 1',
      image: { key: '', ...size },
      entries: [
        {
          at: 3,
          clicks: [positive(1, 1)],
          box: null,
          start: [2, 1, 4, 2, 6, 7],
          candidate: null,
          area: 9,
          checksum: 'ab',
          milliseconds: 1.5,
        },
      ],
    });
    expect(log.entries[0]).toMatchObject({ at: 3, object: null, area: 9, checksum: 'ab', start: { size: [60, 80] } });
  });

  it('a click log, whose actions become what was asked, with undo and redo done', () => {
    const actions = [
      { at: 0, action: 'add', click: positive(20, 20) },
      { at: 5, action: 'add', click: positive(30, 30) },
      { at: 6, action: 'move', index: 1, to: { x: 31, y: 30 } },
      { at: 7, action: 'undo' },
      { at: 8, action: 'redo' },
      { at: 9, action: 'remove', index: 0 },
      { at: 10, action: 'box', box: { x1: 1, y1: 1, x2: 9, y2: 9 } },
      { at: 11, action: 'choose', candidate: 1 },
      { at: 12, action: 'mask', mask: null },
      { at: 13, action: 'clear' },
      { at: 14, action: 'undo' },
    ];
    const log = {
      format: 'clickmask-click-log',
      version: 1,
      model: 'm',
      image: { key: 'k', ...size },
      options: {},
      actions,
    };
    const { entries } = parseSessionLog(log);
    expect(entries.map(({ clicks, box, candidate }) => [clicks.map(({ x }) => x).join(), box?.x2, candidate])).toEqual([
      ['20', undefined, null],
      ['20,30', undefined, null],
      ['20,31', undefined, null],
      ['31', undefined, null],
      ['31', 9, null],
      ['31', 9, 1],
      ['31', 9, null],
      ['31', 9, null],
    ]);
    for (const action of [
      { at: 0, action: 'move', index: 3, to: { x: 1, y: 1 } },
      { at: 0, action: 'remove', index: 0 },
      { at: 0, action: 'jump' },
      { at: -1, action: 'undo' },
    ]) {
      expect(() => parseSessionLog({ ...log, actions: [action] })).toThrow(/of the log/);
    }
  });
});

describe('what is not a log is refused', () => {
  const entry = { at: 0, clicks: [positive(1, 1)] };
  const log = {
    format: 'clickmask-session-log',
    version: 1,
    model: 'm',
    image: { key: '', ...size },
    entries: [entry],
  };
  it.each([
    ['no JSON', '{'],
    ['a list', []],
    ['another kind', { ...log, format: 'x' }],
    ['a name of every object', { ...log, format: 'constructor' }],
    ['another version', { ...log, version: 2 }],
    ['no image', { ...log, image: null }],
    ['an image without a size', { ...log, image: { key: '', width: 0, height: 3 } }],
    ['no model', { ...log, model: 3 }],
    ['no entries', { ...log, entries: 3 }],
    ['a click outside', { ...log, entries: [{ ...entry, clicks: [positive(81, 1)] }] }],
    ['a time that is none', { ...log, entries: [{ ...entry, at: 0.5 }] }],
    ['a start of another size', { ...log, entries: [{ ...entry, start: { size: [3, 3], counts: '9' } }] }],
    ['a box that is none', { ...log, entries: [{ ...entry, box: { x1: 1 } }] }],
    ['an option that is none', { ...log, options: { refinement: { flip: 'x' } } }],
    [
      'old runs out of order',
      { ...log, format: 'clickmask-annotation-log', entries: [{ ...entry, start: [3, 1, 2, 1, 1, 2] }] },
    ],
  ])('%s', (_, given) => {
    expect(() => parseSessionLog(given)).toThrow(expect.objectContaining({ code: 'bad-format' }));
  });
});
