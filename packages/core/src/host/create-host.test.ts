import { MessageChannel } from 'node:worker_threads';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { codeOf, fakeEngine, fakeModel, picture } from '../../test/support/fake-model.js';
import type { Click } from '../clicks/index.js';
import { ClickmaskError } from '../errors/index.js';
import { nodePort } from '../runtime/node/node-port.js';
import type { Engine } from '../segmenter/engine.js';
import type { Prompt } from '../segmenter/prompt.js';
import type { DraftMask } from '../segmenter/segmenter.js';
import { connectEngine } from './connect-engine.js';
import { createHost } from './create-host.js';
import type { EngineSlot } from './lane.js';
import { serveEngine } from './serve-engine.js';

const at = (x: number, y: number, label: Click['label'] = 'positive'): Click => ({ x, y, label });
const clicks = [at(20, 20), at(60, 45, 'negative'), at(35, 30)];
const image = picture(80, 60);

const slotOf = (engine: () => Engine): EngineSlot => ({ start: async () => engine() });

/** An engine behind a message channel, as behind a worker. */
function channelSlot(load: () => Promise<Engine>): EngineSlot & { readonly lost: ((error: ClickmaskError) => void)[] } {
  const lost: ((error: ClickmaskError) => void)[] = [];
  return {
    lost,
    async start() {
      const { port1, port2 } = new MessageChannel();
      void serveEngine(nodePort(port1), load);
      const connection = connectEngine(nodePort(port2));
      lost.push((error) => {
        port1.close();
        connection.lost(error);
      });
      return connection.ready;
    },
  };
}

/** An engine whose `segment` waits for a sign. */
function gated(): { readonly engine: Engine; readonly started: () => number; release(): void } {
  const engine = fakeEngine();
  let started = 0;
  let open: () => void = () => {};
  let gate = new Promise<void>((resolve) => {
    open = resolve;
  });
  return {
    engine: {
      ...engine,
      async segment(request) {
        started += 1;
        await gate;
        return engine.segment(request);
      },
    },
    started: () => started,
    release() {
      open();
      gate = Promise.resolve();
    },
  };
}

const unhandled: unknown[] = [];
const note = (reason: unknown) => void unhandled.push(reason);
beforeEach(() => {
  unhandled.length = 0;
  process.on('unhandledRejection', note);
});
afterEach(async () => {
  await new Promise((resolve) => setImmediate(resolve));
  process.off('unhandledRejection', note);
  expect(unhandled).toEqual([]);
});

describe('createHost', () => {
  it('gives the same bytes in process, behind a port, and with several engines', async () => {
    const hosts = await Promise.all([
      createHost({ slots: [slotOf(() => fakeEngine())], workers: 0 }),
      createHost({ slots: [channelSlot(async () => fakeEngine())] }),
      createHost({ slots: [0, 1, 2].map(() => channelSlot(async () => fakeEngine())) }),
    ]);
    const results = await Promise.all(
      hosts.map(async (host) => {
        const opened = await host.open(image);
        for (let n = 1; n < clicks.length; n++) await host.segment(opened, { clicks: clicks.slice(0, n) });
        const result = await host.segment(opened, { clicks });
        await host.close();
        return result;
      }),
    );
    for (const result of results) {
      expect(result.runs).toEqual(results[0].runs);
      expect(result.mask.data).toEqual(results[0].mask.data);
      expect(result.mask).toBe(result.mask);
      expect(result.refinement).toEqual(results[0].refinement);
    }
    expect(hosts.map(({ info }) => info.workers)).toEqual([0, 1, 3]);
  });

  it('passes drafts on, across a port as well, and only to those who still wait', async () => {
    for (const slot of [slotOf(() => fakeEngine()), channelSlot(async () => fakeEngine())]) {
      const host = await createHost({ slots: [slot] });
      const opened = await host.open(image);
      const order: string[] = [];
      const refinement = { cascade: { steps: 1 } };
      const onDraft = ({ runs }: DraftMask) => void order.push(`draft ${runs.width}`);
      await host.segment(opened, { clicks }, { refinement, onDraft }).then(() => order.push('answer'));
      expect(order).toEqual(['draft 80', 'answer']);
      const abort = new AbortController();
      const late = host.segment(opened, { clicks: [at(9, 9)] }, { refinement, onDraft, signal: abort.signal });
      abort.abort();
      expect(await codeOf(late)).toBe('aborted');
      await host.segment(opened, { clicks: [at(8, 8)] });
      expect(order).toHaveLength(2);
      await host.close();
    }
  });

  it('names images by content, and keeps one whose other handle is closed', async () => {
    const host = await createHost({ slots: [slotOf(() => fakeEngine())] });
    const [a, b] = [await host.open(image), await host.open(picture(80, 60))];
    expect(a.key).toBe(b.key);
    expect(a.key).toMatch(/^sha256:[0-9a-f]{64}:80x60$/);
    await host.segment(a, { clicks });
    await a.close();
    await a.close();
    expect(await codeOf(host.segment(a, { clicks }))).toBe('bad-image');
    expect((await host.stats()).images).toBe(1);
    expect((await host.segment(b, { clicks })).area).toBeGreaterThan(0);
    await b.close();
    expect(await host.stats()).toMatchObject({ images: 0, pixelBytes: 0, featureBytes: 0, stateBytes: 0 });
    await host.close();
    await b.close();
  });

  it('sends the image again where the engine has dropped its pixels', async () => {
    const host = await createHost({
      slots: [slotOf(() => fakeEngine(fakeModel(), { budgets: { pixels: 0, features: 0, states: 0 } }))],
    });
    const fresh = await createHost({ slots: [slotOf(() => fakeEngine())] });
    const [a, b] = [await host.open(image), await host.open(picture(80, 60, 30))];
    for (let n = 1; n <= clicks.length; n++) {
      await host.segment(a, { clicks: clicks.slice(0, n) });
      await host.segment(b, { clicks: clicks.slice(0, n) });
    }
    const again = await host.segment(a, { clicks });
    const expected = await fresh.segment(await fresh.open(image), { clicks });
    expect(again.runs).toEqual(expected.runs);
    expect(again.changedPixels).toBe(expected.changedPixels);
    await Promise.all([host.close(), fresh.close()]);
  });

  it.each([
    ['nothing', undefined],
    ['no bytes', new Uint8Array(0)],
    ['a text', 'photo.jpg'],
    ['too few pixels', { width: 2, height: 2, data: new Uint8Array(11) }],
    ['an image without a side', { width: 0, height: 2, data: new Uint8Array(0) }],
  ])('refuses %s as an image', async (_, source) => {
    const host = await createHost({ slots: [slotOf(() => fakeEngine())] });
    expect(await codeOf(host.open(source as never))).toBe('bad-image');
    expect((await host.stats()).images).toBe(0);
    await host.close();
  });

  it('refuses what is no image of its own, no prompt, and no key', async () => {
    const host = await createHost({ slots: [slotOf(() => fakeEngine())] });
    const opened = await host.open(image);
    expect(await codeOf(host.segment({ ...opened }, { clicks }))).toBe('bad-image');
    expect(await codeOf(host.segment(undefined as never, { clicks }))).toBe('bad-image');
    expect(await codeOf(host.segment(opened, undefined as never))).toBe('no-clicks');
    expect(await codeOf(host.open(image, { key: '' }))).toBe('bad-image');
    expect(await codeOf(host.open(image, { key: 'a\nb' }))).toBe('bad-image');
    await host.close();
  });

  it.each<readonly [string, object, object | undefined, RegExp]>([
    ['an option among the clicks', { clicks, candidate: 1 }, undefined, /third argument/],
    ['a prompt with a slip', { click: clicks }, undefined, /prompt option 'click'.*clicks, box, mask/],
    ['an option with a slip', { clicks }, { candidates: 1 }, /'candidates'.*candidate,/],
    ['a refinement with a slip', { clicks }, { refinement: { zoom: 'off' } }, /refinement option 'zoom'/],
    ['a cascade with a slip', { clicks }, { refinement: { cascade: { step: 1 } } }, /cascade option 'step'.*steps/],
    ['a clean-up with a slip', { clicks }, { postprocess: { holes: 1 } }, /postprocess option 'holes'/],
    ['options that are none', { clicks }, 'best' as unknown as object, /object of options/],
  ])('refuses %s', async (_, prompt, options, message) => {
    const segmenter = await createHost({ slots: [slotOf(fakeEngine)] });
    const open = await segmenter.open(image);
    const answer = segmenter.segment(open, prompt as Prompt, options);
    await expect(answer).rejects.toThrow(message);
    await expect(answer).rejects.toMatchObject({ code: 'bad-option' });
    await segmenter.close();
  });

  it('refuses to be made of nothing', async () => {
    expect(await codeOf(createHost({ slots: [] }))).toBe('bad-option');
    expect(await codeOf(createHost({ slots: [slotOf(() => fakeEngine())], queueCapacity: Number.NaN }))).toBe(
      'bad-option',
    );
  });

  it('lets the latest click of a session win, and refuses when full', async () => {
    const { engine, release, started } = gated();
    const host = await createHost({ slots: [slotOf(() => engine)], queueCapacity: 2 });
    const opened = await host.open(image);
    const ask = (n: number, session?: string) => host.segment(opened, { clicks: clicks.slice(0, n) }, { session });
    const first = ask(1, 's');
    const second = codeOf(ask(2, 's'));
    const third = ask(3, 's');
    const other = ask(1);
    expect(await second).toBe('superseded');
    expect(await host.stats()).toMatchObject({ queued: 2, active: 1 });
    expect(await codeOf(ask(1))).toBe('queue-full');
    release();
    const [a, b, c] = await Promise.all([first, third, other]);
    expect(c.runs).toEqual(a.runs);
    expect(b.runs).not.toEqual(a.runs);
    expect(started()).toBe(3);
    await host.close();
  });

  it('serves images and clients in turn, clicks before work ahead', async () => {
    const { engine, release } = gated();
    const host = await createHost({ slots: [slotOf(() => engine)] });
    const [a, b] = [await host.open(image), await host.open(picture(80, 60, 30))];
    const order: string[] = [];
    const ask = (name: string, opened: typeof a, options = {}) =>
      host.segment(opened, { clicks }, options).then(() => order.push(name));
    const done = [
      ask('a1', a),
      host.open(picture(40, 30), { background: true }).then(() => order.push('ahead')),
      ask('a2', a),
      ask('a3', a),
      ask('b1', b),
      ask('c1', a, { client: 'c' }),
    ];
    release();
    await Promise.all(done);
    expect(order).toEqual(['a1', 'a2', 'b1', 'c1', 'a3', 'ahead']);
    await host.close();
  });

  it('decodes an image that is open already not again, and forgets it after the last answer', async () => {
    const { engine, release } = gated();
    const calls: string[] = [];
    const load: Engine['load'] = (key, ...rest) => {
      calls.push('load');
      return engine.load(key, ...rest);
    };
    const forget: Engine['forget'] = (key) => {
      calls.push('forget');
      return engine.forget(key);
    };
    const host = await createHost({ slots: [slotOf(() => ({ ...engine, load, forget }))] });
    const opened = await host.open(image);
    await (await host.open(image, { prepare: true })).close();
    expect(calls).toEqual(['load']);
    expect((await host.stats()).encodes).toBe(1);
    const answers = [1, 2].map((n) =>
      host.segment(opened, { clicks }, { client: `${n}` }).then(() => calls.push(`answer ${n}`)),
    );
    const closing = opened.close();
    release();
    await Promise.all([...answers, closing]);
    expect(calls).toEqual(['load', 'answer 1', 'answer 2', 'forget']);
    await host.close();
  });

  it('closes an image even while the queue is full', async () => {
    const { engine, release } = gated();
    const host = await createHost({ slots: [slotOf(() => engine)], queueCapacity: 1 });
    const opened = await host.open(image);
    const running = host.segment(opened, { clicks });
    const waiting = host.segment(opened, { clicks });
    const closing = opened.close();
    release();
    await Promise.all([running, waiting, closing]);
    expect((await host.stats()).images).toBe(0);
    await host.close();
  });

  it('throws away late results of callers who gave up', async () => {
    const { engine, release, started } = gated();
    const host = await createHost({ slots: [slotOf(() => engine)] });
    const opened = await host.open(image);
    const controller = new AbortController();
    const running = codeOf(host.segment(opened, { clicks }, { signal: controller.signal }));
    const impatient = codeOf(host.segment(opened, { clicks }, { deadlineMs: 1 }));
    controller.abort();
    expect(await running).toBe('aborted');
    expect(await impatient).toBe('deadline-exceeded');
    expect(await codeOf(host.segment(opened, { clicks }, { signal: controller.signal }))).toBe('aborted');
    expect(await codeOf(host.open(image, { signal: controller.signal }))).toBe('aborted');
    release();
    expect((await host.segment(opened, { clicks })).area).toBeGreaterThan(0);
    expect(started()).toBe(2);
    await host.close();
  });

  it('ends the passes for a caller who gave up, across a port as well', async () => {
    for (const across of [false, true]) {
      const handle = fakeModel();
      const abort = new AbortController();
      const decode: typeof handle.model.decode = async (...asked) => {
        // As a network's run does, it lets messages come in between.
        await new Promise((resolve) => setImmediate(resolve));
        if (handle.calls.decodes === 2) abort.abort();
        return handle.model.decode(...asked);
      };
      const engine = () => fakeEngine({ ...handle, model: { ...handle.model, decode } });
      const host = await createHost({ slots: [across ? channelSlot(async () => engine()) : slotOf(engine)] });
      const opened = await host.open(image);
      const refinement = { cascade: { steps: 20, settledPixels: null, clicks: 'every' } } as const;
      const late = host.segment(opened, { clicks }, { refinement, signal: abort.signal });
      expect(await codeOf(late)).toBe('aborted');
      await host.segment(opened, { clicks: [at(9, 9)] });
      expect(handle.calls.decodes).toBeLessThan(21 * clicks.length);
      await host.close();
    }
  });

  it('takes a deadline for opening and for features', async () => {
    const never = new Promise<never>(() => {});
    const host = await createHost({ slots: [slotOf(() => ({ ...fakeEngine(), load: () => never }))] });
    expect(await codeOf(host.open(image, { deadlineMs: 1 }))).toBe('deadline-exceeded');
    const other = await createHost({ slots: [slotOf(() => ({ ...fakeEngine(), features: () => never }))] });
    const opened = await other.open(image);
    const view = { roi: { x: 0, y: 0, width: 80, height: 60 }, zoomed: false, mirrored: false };
    expect(await codeOf(other.features?.(opened, view, { deadlineMs: 1 }) ?? never)).toBe('deadline-exceeded');
  });

  it('forgets an image whose opening was given up', async () => {
    const { engine, release } = gated();
    const host = await createHost({ slots: [slotOf(() => engine)] });
    const opened = await host.open(image);
    const running = host.segment(opened, { clicks });
    const controller = new AbortController();
    const given = codeOf(host.open(picture(9, 9), { signal: controller.signal }));
    // The key is computed first, then the request waits behind the one that runs.
    while ((await host.stats()).queued < 1) await new Promise((resolve) => setImmediate(resolve));
    controller.abort();
    expect(await given).toBe('aborted');
    release();
    await running;
    await host.segment(opened, { clicks });
    expect((await host.stats()).images).toBe(1);
    await host.close();
  });

  it('drains on close: the running click gets its mask, the queued ones are refused', async () => {
    const { engine, release } = gated();
    const host = await createHost({ slots: [slotOf(() => engine)] });
    const opened = await host.open(image);
    const running = host.segment(opened, { clicks });
    const queued = codeOf(host.segment(opened, { clicks }));
    const closing = host.close();
    const again = host.close();
    expect(await queued).toBe('closed');
    release();
    expect((await running).area).toBeGreaterThan(0);
    await Promise.all([closing, again]);
    expect(await codeOf(host.segment(opened, { clicks }))).toBe('closed');
    expect(await codeOf(host.open(image))).toBe('closed');
    expect(await codeOf(host.stats())).toBe('closed');
  });

  it('disposes each engine once', async () => {
    const handles = [fakeModel(), fakeModel()];
    const host = await createHost({ slots: handles.map((handle) => channelSlot(async () => fakeEngine(handle))) });
    await host.close();
    await host.close();
    expect(handles.map(({ calls }) => calls.disposed)).toEqual([1, 1]);
  });

  it('fails to start where one engine does, and stops the others', async () => {
    const handle = fakeModel();
    const slots = [
      channelSlot(async () => fakeEngine(handle)),
      channelSlot(async () => {
        throw new ClickmaskError('bad-model', 'damaged', { details: { file: 'encoder.onnx' } });
      }),
    ];
    await expect(createHost({ slots })).rejects.toMatchObject({
      code: 'bad-model',
      message: 'damaged',
      details: { file: 'encoder.onnx' },
    });
    expect(handle.calls.disposed).toBe(1);
  });

  it('routes an image to one engine, and different ones to several', async () => {
    const handles = [fakeModel(), fakeModel(), fakeModel()];
    const host = await createHost({ slots: handles.map((handle) => slotOf(() => fakeEngine(handle))) });
    for (let i = 0; i < 12; i++) {
      const opened = await host.open(picture(80, 60), { key: `image ${i}`, prepare: true });
      for (let n = 1; n <= clicks.length; n++) await host.segment(opened, { clicks: clicks.slice(0, n) });
    }
    expect(handles.reduce((sum, { calls }) => sum + calls.encodes, 0)).toBe(12);
    for (const { calls } of handles) expect(calls.encodes).toBeGreaterThan(0);
    expect(await host.stats()).toMatchObject({ images: 12, encodes: 12, predictions: 36 });
    await host.close();
  });
});

describe('a lost engine', () => {
  const gone = new ClickmaskError('worker-lost', 'gone');

  it('fails what it was working on, and is started anew for the next request', async () => {
    const gates = [gated(), gated()];
    let starts = 0;
    const slot = channelSlot(async () => gates[starts++].engine);
    const host = await createHost({ slots: [slot] });
    const opened = await host.open(image);
    const running = codeOf(host.segment(opened, { clicks }));
    while (gates[0].started() === 0) await new Promise((resolve) => setImmediate(resolve));
    slot.lost[0](gone);
    expect(await running).toBe('worker-lost');
    gates[1].release();
    const result = await host.segment(opened, { clicks });
    expect(result.area).toBeGreaterThan(0);
    expect(starts).toBe(2);
    await host.close();
  });

  it('is started once, however many ask for it', async () => {
    let starts = 0;
    const slot = channelSlot(async () => {
      starts += 1;
      return fakeEngine();
    });
    const host = await createHost({ slots: [slot] });
    const opened = await host.open(image);
    slot.lost[0](gone);
    await Promise.all([host.segment(opened, { clicks }), host.stats(), host.stats(), host.segment(opened, { clicks })]);
    expect(starts).toBe(2);
    await host.close();
  });

  it('that cannot be started again fails each request, and the host still closes', async () => {
    let starts = 0;
    const slot = channelSlot(async () => {
      if (starts++ > 0) throw new Error('no memory');
      return fakeEngine();
    });
    const host = await createHost({ slots: [slot] });
    const opened = await host.open(image);
    slot.lost[0](gone);
    expect(await codeOf(host.segment(opened, { clicks }))).toBe('internal');
    expect(await codeOf(host.segment(opened, { clicks }))).toBe('internal');
    await host.close();
  });
});

describe('serveEngine and connectEngine', () => {
  it('carry every operation, and errors with their code and details', async () => {
    const engine = await channelSlot(async () => fakeEngine()).start();
    expect(engine.info).toMatchObject({ model: 'fake 1', provider: 'cpu' });
    expect(await engine.load('a', image)).toEqual({ width: 80, height: 60 });
    await engine.prepare('a');
    const request = { key: 'a', prompt: { clicks }, options: { includeMap: true } };
    const result = await engine.segment(request);
    expect(result.map?.data).toBeInstanceOf(Float32Array);
    expect((await engine.segment(request)).runs).toEqual(result.runs);
    await expect(engine.segment({ ...request, prompt: {} })).rejects.toMatchObject({ code: 'no-clicks' });
    await expect(engine.segment({ ...request, prompt: { clicks: [at(Number.NaN, 1)] } })).rejects.toMatchObject({
      code: 'bad-click',
      details: { name: 'clicks[0]' },
    });
    await engine.forget('a');
    expect((await engine.stats()).images).toBe(0);
    await engine.dispose();
    expect(await codeOf(engine.segment(request))).toBe('closed');
    await engine.dispose();
  });

  it('refuse what cannot be sent, and go on', async () => {
    const engine = await channelSlot(async () => fakeEngine()).start();
    const uncloneable = { key: 'a', prompt: { clicks: [() => {}] as never }, options: {} };
    expect(await codeOf(engine.segment(uncloneable))).toBe('internal');
    expect((await engine.stats()).images).toBe(0);
    await engine.dispose();
  });

  it('answer unknown operations with an error and ignore noise', async () => {
    const { port1, port2 } = new MessageChannel();
    const messages: unknown[] = [];
    await serveEngine(nodePort(port1), async () => fakeEngine());
    const answer = (count: number) =>
      new Promise<void>((resolve) => {
        port2.on('message', (message) => {
          messages.push(message);
          if (messages.length === count) resolve();
        });
      });
    const two = answer(2);
    port2.postMessage('noise');
    port2.postMessage(null);
    port2.postMessage({ id: 7, operation: 'toString', request: {} });
    await two;
    expect(messages[0]).toMatchObject({ type: 'ready' });
    expect(messages[1]).toMatchObject({ type: 'error', id: 7, error: { code: 'internal' } });
    port2.close();
  });

  it('tell what went wrong unexpectedly, as `internal`', async () => {
    const engine = await channelSlot(async () => ({
      ...fakeEngine(),
      stats: () => Promise.reject(new TypeError('x is not a function')),
      prepare: () => Promise.reject(new RangeError('too far')),
    })).start();
    await expect(engine.stats()).rejects.toMatchObject({
      code: 'internal',
      message: expect.stringContaining('x is not'),
    });
    await expect(engine.prepare('a')).rejects.toMatchObject({ code: 'internal' });
    await engine.dispose();
  });
});
