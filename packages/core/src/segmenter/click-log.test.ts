import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { codeOf, fakeEngine, fakeModel, picture } from '../../test/support/fake-model.js';
import type { Click } from '../clicks/index.js';
import { isClickmaskError } from '../errors/index.js';
import { createHost } from '../host/index.js';
import { rectRuns } from '../mask/index.js';
import { type ClickLog, parseClickLog } from './click-log.js';
import { replayClickLog } from './replay-click-log.js';
import { type CreateSessionOptions, createSession, type Session } from './session.js';

const size = { width: 80, height: 60 };
const at = (x: number, y: number, label: Click['label'] = 'positive'): Click => ({ x, y, label });

async function setUp(options?: CreateSessionOptions) {
  const segmenter = await createHost({ slots: [{ start: async () => fakeEngine(fakeModel({ candidates: 2 })) }] });
  const image = await segmenter.open(picture(80, 60));
  return { segmenter, image, session: createSession(segmenter, image, options) };
}

const throughJson = (log: ClickLog): ClickLog => parseClickLog(JSON.stringify(log));

type Step = (session: Session) => Promise<unknown>;
const coordinates = fc.record({ x: fc.integer({ min: 0, max: 80 }), y: fc.integer({ min: 0, max: 60 }) });
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.tuple(coordinates, fc.boolean()).map(([{ x, y }, positive]): Step => {
      return (session) => session.add(at(x, y, positive ? 'positive' : 'negative'));
    }),
  },
  fc.tuple(fc.nat(3), coordinates).map(
    ([index, to]): Step =>
      (session) =>
        session.move(index, to),
  ),
  fc.nat(3).map(
    (index): Step =>
      (session) =>
        session.remove(index),
  ),
  coordinates.map(
    ({ x, y }): Step =>
      (session) =>
        session.setBox({ x1: x, y1: y, x2: 40.5, y2: 30.5 }),
  ),
  fc.constant<Step>((session) => session.setMask(rectRuns(size, { x: 5, y: 5, width: 30, height: 20 }))),
  fc.constantFrom<Step>(
    (session) => session.clear(),
    (session) => session.setBox(null),
    (session) => session.setMask(null),
    (session) => session.choose(0),
    (session) => session.choose('best'),
  ),
  {
    weight: 3,
    arbitrary: fc.constantFrom<Step>(
      (session) => session.undo(),
      (session) => session.redo(),
    ),
  },
);

describe('a click log', () => {
  it('tells what was done and when', async () => {
    let time = 1000;
    const { session, image } = await setUp({
      now: () => time,
      refinement: { cascade: { steps: 2 } },
      postprocess: { fillHoles: Number.POSITIVE_INFINITY },
    });
    time += 250.4;
    await session.add(at(20, 20));
    time += 100;
    await session.setMask(rectRuns(size, { x: 0, y: 0, width: 80, height: 60 }));
    await session.undo();
    expect(session.log()).toEqual({
      format: 'clickmask-click-log',
      version: 1,
      image: { key: image.key, ...size },
      model: 'fake 1',
      options: { refinement: { cascade: { steps: 2 } }, postprocess: { fillHoles: Number.MAX_SAFE_INTEGER } },
      actions: [
        { at: 250, action: 'add', click: at(20, 20) },
        { at: 350, action: 'mask', mask: { size: [60, 80], counts: expect.any(String) } },
        { at: 350, action: 'undo' },
      ],
    });
    expect(throughJson(session.log())).toEqual(session.log());
  });

  it('replays to the same state and mask, whatever was done', async () => {
    const options = fc.constantFrom<CreateSessionOptions>(
      {},
      { historyLimit: 1 },
      { refinement: { cascade: { steps: 3, settledPixels: 20 }, zoomIn: {} } },
      { postprocess: { threshold: 0.3, fillHoles: Number.POSITIVE_INFINITY } },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 14 }), options, async (steps, chosen) => {
        const { session } = await setUp(chosen);
        for (const act of steps) {
          try {
            await act(session);
          } catch (error) {
            // A step that does not fit, such as a move of a click that is not there, is neither made nor logged.
            if (!isClickmaskError(error)) throw error;
          }
        }
        const { segmenter, image } = await setUp();
        const replayed = await replayClickLog(segmenter, image, throughJson(session.log()));
        expect(replayed.clicks).toEqual(session.clicks);
        expect(replayed.box).toEqual(session.box);
        expect(replayed.mask).toEqual(session.mask);
        expect(replayed.candidate).toEqual(session.candidate);
        const expected = await session.predict();
        expect(replayed.prediction?.runs).toEqual(expected?.runs);
        expect(replayed.prediction?.score).toBe(expected?.score);
      }),
      { numRuns: 60 },
    );
  });

  it('goes on where it ended, with every earlier step to be undone', async () => {
    const { session, segmenter, image } = await setUp();
    const first = await session.add(at(20, 20));
    await session.add(at(60, 45, 'negative'));
    const log = session.log();
    const replayed = await replayClickLog(segmenter, image, log);
    expect((await replayed.undo())!.runs).toEqual(first!.runs);
    await replayed.add(at(30, 30));
    expect(
      replayed
        .log()
        .actions.slice(0, 2)
        .map(({ action }) => action),
    ).toEqual(['add', 'add']);
    expect(log.actions).toHaveLength(2);
  });

  it('of nothing replays to nothing', async () => {
    const { session, segmenter, image } = await setUp();
    const replayed = await replayClickLog(segmenter, image, session.log());
    expect(replayed.prediction).toBeNull();
  });

  it('is refused for another picture or model', async () => {
    const { session, segmenter, image } = await setUp();
    await session.add(at(20, 20));
    const log = session.log();
    const other = await segmenter.open(picture(80, 60, 7));
    const smaller = await segmenter.open(picture(40, 30));
    const renamed = await segmenter.open(picture(80, 60), { key: 'by name' });
    expect(await codeOf(replayClickLog(segmenter, other, log))).toBe('bad-image');
    expect(await codeOf(replayClickLog(segmenter, smaller, log))).toBe('bad-image');
    expect((await replayClickLog(segmenter, renamed, log)).prediction!.runs).toEqual(session.prediction!.runs);
    const foreign = { ...log, model: 'other 2' };
    expect(await codeOf(replayClickLog(segmenter, image, foreign))).toBe('bad-model');
    expect((await replayClickLog(segmenter, image, foreign, { anyModel: true })).clicks).toHaveLength(1);
    // A reading that this model lacks hinders nothing where it is not the last word.
    const choice = { ...foreign, actions: [...log.actions, { at: 9e9, action: 'choose', candidate: 7 } as const] };
    expect(await codeOf(replayClickLog(segmenter, image, choice, { anyModel: true }))).toBe('bad-option');
    const back = { ...choice, actions: [...choice.actions, { at: 9e9, action: 'undo' } as const] };
    expect((await replayClickLog(segmenter, image, back, { anyModel: true })).candidate).toBe('best');
  });

  it('with an index that no click has is refused', async () => {
    const { session, segmenter, image } = await setUp();
    await session.add(at(20, 20));
    const log = session.log();
    for (const action of [
      { at: 9e9, action: 'remove', index: 1 },
      { at: 9e9, action: 'move', index: 4, to: { x: 1, y: 1 } },
    ] as const) {
      expect(await codeOf(replayClickLog(segmenter, image, { ...log, actions: [...log.actions, action] }))).toBe(
        'bad-format',
      );
    }
  });
});

describe('parseClickLog', () => {
  const valid: ClickLog = {
    format: 'clickmask-click-log',
    version: 1,
    image: { key: 'a', ...size },
    model: 'fake 1',
    options: {},
    actions: [],
  };
  const withAction = (action: object) => ({ ...valid, actions: [{ at: 0, ...action }] });

  it.each<[string, unknown]>([
    ['nothing', undefined],
    ['a list', []],
    ['text that is not JSON', '{'],
    ['another format', { ...valid, format: 'other' }],
    ['a later version', { ...valid, version: 2 }],
    ['no picture', { ...valid, image: null }],
    ['a picture without a name', { ...valid, image: { key: '', ...size } }],
    ['a picture of a fraction', { ...valid, image: { key: 'a', width: 1.5, height: 2 } }],
    ['no model', { ...valid, model: 1 }],
    ['no options', { ...valid, options: null }],
    ['refinement out of range', { ...valid, options: { refinement: { cascade: { steps: 1e9 } } } }],
    ['refinement as a list', { ...valid, options: { refinement: [] } }],
    ['post-processing out of range', { ...valid, options: { postprocess: { threshold: 7 } } }],
    ['post-processing of nothing', { ...valid, options: { postprocess: null } }],
    ['no actions', { ...valid, actions: {} }],
    ['too many actions', { ...valid, actions: new Array(100_001).fill({ at: 0, action: 'undo' }) }],
    ['an action of nothing', { ...valid, actions: [null] }],
    ['an action without a time', { ...valid, actions: [{ action: 'undo' }] }],
    [
      'a time that runs backwards',
      {
        ...valid,
        actions: [
          { at: 5, action: 'undo' },
          { at: 4, action: 'undo' },
        ],
      },
    ],
    ['an unknown action', withAction({ action: 'paint' })],
    ['an action of the prototype', withAction({ action: 'constructor' })],
    ['a click outside', withAction({ action: 'add', click: at(999, 1) })],
    ['a click without a label', withAction({ action: 'add', click: { x: 1, y: 1 } })],
    ['no click', withAction({ action: 'add' })],
    ['a move to nowhere', withAction({ action: 'move', index: 0, to: { x: null, y: 1 } })],
    ['a move of half a click', withAction({ action: 'move', index: 0.5, to: { x: 1, y: 1 } })],
    ['a removal below 0', withAction({ action: 'remove', index: -1 })],
    ['a flat box', withAction({ action: 'box', box: { x1: 1, y1: 1, x2: 1, y2: 1 } })],
    ['no box', withAction({ action: 'box' })],
    ['a mask of another size', withAction({ action: 'mask', mask: { size: [8, 8], counts: [64] } })],
    ['a mask that is none', withAction({ action: 'mask', mask: { size: [60, 80], counts: '~~~' } })],
    ['a candidate below 0', withAction({ action: 'choose', candidate: -1 })],
  ])('refuses %s', (_, value) => {
    expect(() => parseClickLog(value)).toThrow(expect.objectContaining({ code: 'bad-format' }));
  });

  it('fails with `bad-format`, if at all, whatever comes', () => {
    const anything = fc.oneof(
      fc.anything(),
      fc.record({
        ...Object.fromEntries(Object.entries(valid).map(([key, value]) => [key, fc.constant(value)])),
        actions: fc.array(
          fc.oneof(
            fc.anything(),
            fc.record({
              at: fc.constant(0),
              action: fc.constantFrom('add', 'move', 'remove', 'box', 'mask', 'choose', 'undo'),
              click: fc.anything(),
              index: fc.anything(),
              to: fc.anything(),
              box: fc.anything(),
              mask: fc.anything(),
              candidate: fc.anything(),
            }),
          ),
        ),
        options: fc.oneof(fc.anything(), fc.record({ refinement: fc.anything(), postprocess: fc.anything() })),
      }),
    );
    fc.assert(
      fc.property(anything, (value) => {
        try {
          parseClickLog(value);
        } catch (error) {
          if (!isClickmaskError(error, 'bad-format')) throw error;
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('drops what it does not know', () => {
    const parsed = parseClickLog({ ...valid, extra: 1, actions: [{ at: 3, action: 'undo', note: 'x' }] });
    expect(parsed).toEqual({ ...valid, actions: [{ at: 3, action: 'undo' }] });
  });
});
