import type { Segmenter, SegmenterImage } from '@clickmask/core';
import { rectRuns } from '@clickmask/core/masks';
import { sameContent } from '@clickmask/core/session';
import fc from 'fast-check';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { createDataset, createDefaultSegmenter, defineClickmaskAnnotator } from '../index.js';
import { createAnnotator } from './annotator.js';
import type { Annotator } from './api.js';

const size = { width: 60, height: 40 };
const answer = { score: 1, candidates: [{ index: 0, score: 1 }], candidate: 0, changedPixels: 1, notes: [] };
const segmenter = {
  info: { model: 'one', provider: 'wasm' },
  open: async () => ({ ...size, key: 'a', close: async () => {} }) as unknown as SegmenterImage,
  segment: async () => ({ runs: rectRuns(size, { x: 5, y: 5, width: 20, height: 20 }), ...answer, refinement: {} }),
} as unknown as Segmenter;
const picture = () => new ImageData(size.width, size.height);

/** Makes an object that throws whenever it is touched, as a proxy that a framework took back. */
function revoked(): object {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}

/** A sparse array: most methods of arrays pass over its one place. */
const gaps: readonly unknown[] = new Array(1);
/** Anything that a script may pass by mistake. */
const anything = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.anything({ withBigInt: true, withDate: true, withNullPrototype: true, withSparseArray: true }),
  },
  fc.constantFrom<unknown>(
    undefined,
    null,
    Number.NaN,
    Infinity,
    '__proto__',
    'constructor',
    'length',
    1n,
    Symbol('s'),
  ),
  fc.constantFrom<unknown>(() => 1, [Symbol('s')], [null], [[1n]], { x: 1n, y: 2 }, { x: 3, y: Symbol('s') }),
  fc.constantFrom<unknown>(Object.create(null), { toString: null }, new Map(), Promise.resolve(1), document, window),
  fc.constantFrom<unknown>({ width: 60, height: 40 }, { ...size, rows: [1n], spans: [] }, { ...size, data: 'x' }),
  fc.constantFrom<unknown>([{ outer: 5 }], [{ outer: [1, 2, Symbol('s')], holes: [] }], [{ outer: [], holes: 1 }]),
  fc.constantFrom<unknown>(gaps, [{ outer: [1, 1, 5, 1, 5, 5], holes: gaps }], { objects: gaps, activeId: null }),
  fc.constantFrom<unknown>({ objects: [{ id: 'a', result: { candidates: 5 } }], activeId: null }, { objects: [1n] }),
  fc.constant(revoked),
);
/** The generator touches what it gives, so that a revoked proxy is made only now. */
const made = (given: unknown) => (given === revoked ? revoked() : given);
/** What each may be called with, so that wrong arguments come beside right ones too. */
const right: Record<string, readonly unknown[]> = {
  addClick: [{ x: 10, y: 10, label: 'positive' }],
  moveClick: [0, { x: 12, y: 12 }],
  removeClick: [0],
  setBox: [{ x1: 2, y1: 2, x2: 30, y2: 30 }],
  stroke: [
    [
      { x: 3, y: 4 },
      { x: 30, y: 4 },
    ],
    4,
    'paint',
  ],
  addObject: [rectRuns(size, { x: 0, y: 0, width: 9, height: 9 }), { classId: 'a', accepted: true }],
  select: ['object-1'],
  remove: ['object-1'],
  setClass: ['object-1', 'b'],
  getResult: ['coco-rle', 'object-1'],
  getRuns: ['object-1'],
  getLabelMap: ['class'],
  load: [picture(), { key: 'one' }],
  prefetch: [picture(), { key: 'one' }],
  command: ['undo'],
  on: ['change', () => {}],
  toPage: [{ x: 1, y: 1 }],
  replayLog: [{ format: 'clickmask-session-log', version: 1 }],
};

let annotator: Annotator;
async function start(): Promise<void> {
  const target = document.createElement('div');
  document.body.append(target);
  annotator = createAnnotator(target, { segmenter });
  await annotator.load(picture(), { key: 'first' });
  annotator.addClick({ x: 10, y: 10, label: 'positive' });
  await annotator.settled();
}

/** Runs it; what is thrown or rejected has to be a ClickmaskError. */
async function attempt(action: () => unknown): Promise<void> {
  try {
    await action();
  } catch (error) {
    expect(error).toMatchObject({ name: 'ClickmaskError' });
  }
}

describe('what a script passes by mistake', () => {
  const crashes: unknown[] = [];
  const crash = (event: ErrorEvent | PromiseRejectionEvent) =>
    crashes.push('reason' in event ? event.reason : event.error);
  addEventListener('error', crash);
  addEventListener('unhandledrejection', crash);
  afterEach(() => {
    annotator?.destroy();
    document.body.replaceChildren();
    expect(crashes.splice(0)).toEqual([]);
  });

  test('every method answers with a coded error, or does what it can', async () => {
    await start();
    const methods = (Object.keys(annotator) as (keyof Annotator)[]).filter(
      (name) => name !== 'destroy' && typeof annotator[name] === 'function',
    );
    expect(Object.keys(right).filter((name) => !methods.includes(name as keyof Annotator))).toEqual([]);
    const call = fc
      .tuple(fc.constantFrom(...methods), fc.array(anything, { maxLength: 3 }), fc.nat(7))
      .map(([name, args, mixed]) => ({
        name,
        args: args.map((one, i) => ((mixed >> i) & 1 ? (right[name]?.[i] ?? one) : one)),
      }));
    await fc.assert(
      fc.asyncProperty(call, async ({ name, args }) => {
        await attempt(() => (annotator[name] as (...given: unknown[]) => unknown)(...args.map(made)));
        await attempt(() => annotator.settled());
        // Whatever it did, what is handed out is a value that can be set, stored and sent.
        const { value } = annotator;
        expect(sameContent(JSON.parse(JSON.stringify(value)), JSON.parse(JSON.stringify(structuredClone(value))))).toBe(
          true,
        );
        expect(() => {
          annotator.value = value;
        }).not.toThrow();
      }),
      { numRuns: 1500 },
    );
  });

  test('so does every property, of the annotator and of the element', async () => {
    await start();
    defineClickmaskAnnotator();
    const element = document.createElement('clickmask-annotator');
    document.body.append(element);
    element.segmenter = segmenter;
    await element.load(picture());
    const away = document.createElement('clickmask-annotator');
    const names = Object.keys(annotator).filter((name) => typeof annotator[name as keyof Annotator] !== 'function');
    const given = fc.tuple(fc.constantFrom(...names), anything);
    await fc.assert(
      fc.asyncProperty(given, async ([name, value]) => {
        for (const one of [annotator, element, away]) {
          if (one !== annotator && !['value', 'classes', 'messages', 'shortcuts', 'segmentOptions'].includes(name))
            continue;
          const { set } = Object.getOwnPropertyDescriptor(one, name) ?? { set: () => {} };
          if (set === undefined) continue;
          await attempt(() => Object.assign(one, { [name]: made(value) }));
        }
      }),
      { numRuns: 1500 },
    );
    await fc.assert(
      fc.asyncProperty(anything, anything, async (...both) => {
        const [source, options] = both.map(made);
        await attempt(() => element.load(source as never, options as never));
        await attempt(() => element.getResult(source as never, options as never));
        await attempt(() => element.getLabelMap(source as never));
        await attempt(() => element.replayLog(source));
      }),
      { numRuns: 300 },
    );
  });

  test('and every function of the package', async () => {
    await fc.assert(
      fc.asyncProperty(anything, anything, async (...both) => {
        const [first, second] = both.map(made);
        await attempt(() => createAnnotator(first as never, { segmenter }));
        await attempt(() => createAnnotator(document.createElement('div'), first as never).destroy());
        await attempt(() => createDataset(first as never, second as never));
        await attempt(() =>
          createDataset({ getPictures: () => [], classes: [], settings: {} } as never, first as never),
        );
        if (typeof first !== 'string' || !first.includes('-'))
          await attempt(() => defineClickmaskAnnotator(first as never));
        const report = vi.fn();
        await attempt(() => createDefaultSegmenter({ mode: 'remote', server: first } as never, report));
        await attempt(() =>
          createDefaultSegmenter(first === undefined ? (null as never) : ({ mode: first } as never), report),
        );
      }),
      { numRuns: 60 },
    );
  });

  test.each([
    5,
    {},
    null,
    () => 5,
    () => {
      throw new Error('no');
    },
  ])('a segmenter that is none is told: %o', async (wrong) => {
    const target = document.createElement('div');
    document.body.append(target);
    annotator = createAnnotator(target, { segmenter: wrong as never });
    const told = new Promise<{ code: string }>((resolve) => annotator.on('error', ({ error }) => resolve(error)));
    await attempt(() => annotator.load(picture()));
    expect(['bad-option', 'internal']).toContain((await told).code);
  });
});
