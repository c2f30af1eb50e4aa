import { describe, expect, it } from 'vitest';
import { codeOf, fakeEngine, fakeModel, picture } from '../../test/support/fake-model.js';
import { cocoRle } from '../formats/coco-rle.js';
import { createHost } from '../host/index.js';
import { isSet, rectRuns } from '../mask/index.js';
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
  const entries = (change: object) => ({ ...log, entries: [{ ...entry, ...change }] });
  const old = (start: unknown) => ({ ...entries({ start }), format: 'clickmask-annotation-log' });
  const acts = (...actions: object[]) => ({ ...log, format: 'clickmask-click-log', actions });
  it.each<[string, string, unknown]>([
    ['no JSON', 'JSON', '{'],
    ['a list', 'the whole', []],
    ['nothing', 'the whole', null],
    ['a number', 'the whole', 5],
    ['another kind', '"x 1"', { ...log, format: 'x' }],
    ['a kind that is none', '"object object"', { ...log, format: {}, version: [] }],
    ['a name of every object', 'the kind', { ...log, format: 'constructor' }],
    ['another version', 'clickmask-session-log 2', { ...log, version: 2 }],
    ['no image', 'image', { ...log, image: null }],
    ['an image without a width', 'image.width', { ...log, image: { key: '', width: 0, height: 3 } }],
    ['an image without a height', 'image.height', { ...log, image: { key: '', width: 3, height: 0 } }],
    ['an image of a text', 'image.width', { ...log, image: { key: '', width: '3', height: 3 } }],
    ['an image without a key', 'image.key', { ...log, image: size }],
    ['no model', 'model', { ...log, model: 3 }],
    ['no entries', 'entries', { ...log, entries: 3 }],
    ['an entry that is none', 'entries[0]', { ...log, entries: [null] }],
    ['too many entries', 'entries', { ...log, entries: new Array(100_001).fill(null) }],
    ['a click outside', 'entries[0]', entries({ clicks: [positive(81, 1)] })],
    ['no clicks', 'entries[0].clicks', entries({ clicks: undefined })],
    ['a time that is none', 'entries[0].at', entries({ at: 0.5 })],
    ['an object that is none', 'entries[0].object', entries({ object: 5 })],
    ['a checksum that is none', 'entries[0].checksum', entries({ checksum: 5 })],
    ['a duration that is none', 'entries[0].milliseconds', entries({ milliseconds: 'long' })],
    ['an area that is none', 'entries[0].area', entries({ area: -1 })],
    ['a candidate that is none', 'entries[0].candidate', entries({ candidate: -1 })],
    ['a start that is none', 'entries[0].start', entries({ start: 'all' })],
    ['a start of another size', 'entries[0]', entries({ start: { size: [3, 3], counts: '9' } })],
    ['a box that is none', 'entries[0]', entries({ box: { x1: 1 } })],
    ['a box of a list', 'entries[0].box', entries({ box: [] })],
    ['an option that is none', 'options.refinement', { ...log, options: { refinement: { flip: 'x' } } }],
    ['options that are none', 'options', { ...log, options: 5 }],
    ['a refinement that is none', 'options.refinement', { ...log, options: { refinement: null } }],
    ['a postprocess that is none', 'options.postprocess', { ...log, options: { postprocess: [] } }],
    ['a threshold that is none', 'options.postprocess', { ...log, options: { postprocess: { threshold: 2 } } }],
    ['old runs that are no list', 'start', old({})],
    ['old runs that end too early', 'starting mask (value 3)', old([2, 1, 4, 2, 6])],
    ['old runs out of order', 'starting mask (value 3)', old([3, 1, 2, 1, 1, 2])],
    ['old runs that overlap', 'starting mask (value 3)', old([3, 1, 4, 3, 3, 5])],
    ['old runs without a length', 'starting mask (value 0)', old([3, 4, 4])],
    ['old runs left of the image', 'starting mask (value 0)', old([3, -1, 4])],
    ['old runs right of the image', 'starting mask (value 0)', old([3, 1, 81])],
    ['old runs above the image', 'starting mask (value 0)', old([-1, 1, 4])],
    ['old runs below the image', 'starting mask (value 0)', old([60, 1, 4])],
    ['old runs of parts of pixels', 'starting mask (value 0)', old([3, 1.5, 4])],
    ['actions that are none', 'actions', { ...log, format: 'clickmask-click-log' }],
    ['an action that is none', 'actions[0]', acts([])],
    ['an action that nobody knows', 'actions[0].action', acts({ at: 0, action: 'jump' })],
    [
      'an action before the one before',
      'actions[1].at',
      acts({ at: 5, action: 'add', click: positive(1, 1) }, { at: 4, action: 'undo' }),
    ],
    ['a click that is none', 'actions[0]', acts({ at: 0, action: 'add', click: null })],
    ['a move of no click', 'actions[0].index', acts({ at: 0, action: 'move', index: 0, to: { x: 1, y: 1 } })],
    [
      'a move to nowhere',
      'actions[1].to',
      acts({ at: 0, action: 'add', click: positive(1, 1) }, { at: 4, action: 'move', index: 0 }),
    ],
    ['a removal of no click', 'actions[0].index', acts({ at: 0, action: 'remove', index: 0 })],
    ['a removal without a place', 'actions[0].index', acts({ at: 0, action: 'remove' })],
    ['a box that is none', 'actions[0].box', acts({ at: 0, action: 'box', box: 5 })],
    ['a box without a side', 'actions[0]', acts({ at: 0, action: 'box', box: { x1: 1 } })],
    ['a mask that is none', 'actions[0].start', acts({ at: 0, action: 'mask', mask: 5 })],
    ['a reading that is none', 'actions[0].candidate', acts({ at: 0, action: 'choose', candidate: 'worst' })],
  ])('%s', (_, name, given) => {
    const read = () => parseSessionLog(given);
    expect(read).toThrow(expect.objectContaining({ code: 'bad-format' }));
    expect(read).toThrow(name);
  });

  it('but what a log may leave out is nothing', () => {
    const nothing = {
      object: null,
      box: null,
      start: null,
      candidate: null,
      area: null,
      checksum: null,
      milliseconds: null,
    };
    expect(parseSessionLog(log)).toEqual({ ...log, options: {}, entries: [{ ...entry, ...nothing }] });
    expect(parseSessionLog(entries(nothing)).entries[0]).toEqual({ ...entry, ...nothing });
    expect(parseSessionLog(old(null)).entries[0].start).toBeNull();
    const least = { ...log, image: { key: '', width: 1, height: 1 }, entries: [] };
    expect(parseSessionLog(least).image).toEqual(least.image);
  });

  it('nor are old runs that touch each other or the edges of the image', () => {
    const { start } = parseSessionLog(old([0, 0, 4, 0, 4, 80, 59, 79, 80])).entries[0];
    const runs = cocoRle.parse(start!, { size });
    expect(
      [
        [0, 0],
        [79, 0],
        [79, 59],
        [78, 59],
        [0, 59],
      ].map(([x, y]) => isSet(runs, x, y)),
    ).toEqual([true, true, true, false, false]);
  });
});

describe('a click log', () => {
  const run = (...actions: object[]) =>
    parseSessionLog({
      format: 'clickmask-click-log',
      version: 1,
      model: 'm',
      image: { key: '', ...size },
      actions: actions.map((action, at) => ({ at, ...action })),
    }).entries;
  const add = (x: number) => ({ action: 'add', click: { x, y: 5, label: 'negative' } });
  const seen = (...actions: object[]) =>
    run(...actions).map(({ at, clicks, candidate }) => [at, clicks.map(({ x }) => x).join(), candidate]);

  it('ends with what is shown at last, asked again if it was not the last request', () => {
    expect(seen(add(1), add(2), { action: 'undo' })).toEqual([
      [0, '1', null],
      [1, '1,2', null],
      [1, '1', null],
    ]);
    expect(seen(add(1), add(2), { action: 'undo' }, { action: 'redo' })).toHaveLength(2);
    expect(seen(add(1), { action: 'undo' })).toEqual([[0, '1', null]]);
    expect(seen({ action: 'undo' }, { action: 'redo' }, { action: 'clear' })).toEqual([]);
    const box = { x1: 1, y1: 1, x2: 9, y2: 9 };
    expect(run({ action: 'box', box }, add(1), { action: 'undo' }).at(-1)).toMatchObject({ at: 1, clicks: [], box });
  });

  it('forgets what was undone when something else is done', () => {
    expect(seen(add(1), add(2), { action: 'undo' }, add(3), { action: 'redo' }).map(([, clicks]) => clicks)).toEqual([
      '1',
      '1,2',
      '1,3',
    ]);
    expect(seen(add(1), { action: 'undo' }, { action: 'undo' }, add(3)).map(([, clicks]) => clicks)).toEqual([
      '1',
      '3',
    ]);
  });

  it('chooses readings, the best with every other action', () => {
    const choose = (candidate: unknown) => ({ action: 'choose', candidate });
    const start = cocoRle.serialize(rectRuns(size, { x: 3, y: 4, width: 5, height: 6 }));
    for (const next of [
      add(2),
      { action: 'remove', index: 0 },
      { action: 'move', index: 0, to: { x: 4, y: 4 } },
      { action: 'mask', mask: start },
      choose('best'),
    ]) {
      const last = run({ action: 'box', box: { x1: 1, y1: 1, x2: 9, y2: 9 } }, add(1), choose(2), next).slice(-2);
      expect(last.map(({ candidate }) => candidate)).toEqual([2, null]);
    }
    expect(run(add(1), choose(2), { action: 'box', box: null }).at(-1)).toMatchObject({ candidate: null, box: null });
    expect(run(add(1), { action: 'mask', mask: start }).at(-1)!.start).toEqual(start);
  });
});
