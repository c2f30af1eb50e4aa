import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { graphOf } from '../../../test/support/fake-model.js';
import { isClickmaskError } from '../../errors/index.js';
import { area, sameRuns } from '../../mask/index.js';
import type { DraftMask, Segmenter } from '../../segmenter/index.js';
import { createSegmenter, type WebSegmenterOptions } from './create-segmenter.js';
import { decodeImage } from './decode-image.js';
import type { DownloadProgress } from './model-source.js';
import { createOnnxWebBackend } from './onnx-backend.js';

const modelFolder = '/models/clickmask-small/';
const createWorker = () => new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });
const clicks = [{ x: 200, y: 150, label: 'positive' }] as const;

// In a real browser, on the sources; the built files are tested with the widget.
describe('the web runtime', () => {
  let photo: Uint8Array;
  const open: Segmenter[] = [];
  const create = async (options: WebSegmenterOptions = {}) => {
    const made = await createSegmenter({ worker: createWorker, model: modelFolder, provider: 'wasm', ...options });
    open.push(made);
    return made;
  };
  const codeOf = (promise: Promise<unknown>) =>
    promise.then(
      () => 'none',
      (error: unknown) => (isClickmaskError(error) ? error.code : String(error)),
    );
  const fetchBytes = async (address: string) => new Uint8Array(await (await fetch(address)).arrayBuffer());

  beforeAll(async () => {
    photo = await fetchBytes('/examples/photos/cat.jpg');
  });
  afterEach(async () => {
    for (const one of open.splice(0)) await one.close();
  });

  test('segments in a worker, and says what it runs on', async () => {
    const segmenter = await create();
    expect(segmenter.info).toMatchObject({ provider: 'wasm', workers: 1, threads: 1 });
    const image = await segmenter.open(photo, { prepare: true });
    expect([image.width, image.height]).toEqual([451, 300]);
    const first = await segmenter.segment(image, { clicks });
    const again = await segmenter.segment(image, { clicks });
    expect(first.area).toBeGreaterThan(10_000);
    expect(sameRuns(first.runs, again.runs)).toBe(true);
  });

  test('the first pass of a cascade comes out of the worker before the answer', async () => {
    const segmenter = await create();
    const image = await segmenter.open(photo, { prepare: true });
    const told: string[] = [];
    const refinement = { cascade: { steps: 1 } };
    const onDraft = ({ runs }: DraftMask) => told.push(`draft ${runs.width} ${area(runs) > 1000}`);
    await segmenter.segment(image, { clicks }, { refinement, onDraft }).then(() => told.push('answer'));
    expect(told).toEqual(['draft 451 true', 'answer']);
  });

  test('refines as it was made to', async () => {
    const cascade = { steps: 3, settledPixels: null, clicks: 'every' } as const;
    const segmenter = await create({ refinement: { cascade } });
    const { refinement } = await segmenter.segment(await segmenter.open(photo), { clicks });
    expect(refinement.steps).toBe(3);
  });

  test('the model comes from files, bytes and blobs as well', async () => {
    const names = ['model.json', 'encoder.onnx', 'decoder.onnx'];
    const bytes = await Promise.all(names.map((name) => fetchBytes(modelFolder + name)));
    const files = names.map((name, index) => new File([bytes[index] as Uint8Array<ArrayBuffer>], name));
    const record = {
      'model.json': bytes[0],
      'encoder.onnx': new Blob([bytes[1] as Uint8Array<ArrayBuffer>]),
      'decoder.onnx': new URL(`${modelFolder}decoder.onnx`, location.href),
    };
    for (const model of [files, record]) {
      const segmenter = await create({ model });
      expect(segmenter.info.model).toMatch(/^clickmask-small /);
    }
  });

  test('what is wrong with a model is told by a code', async () => {
    const bytes = await fetchBytes(`${modelFolder}decoder.onnx`);
    bytes[4000] ^= 255;
    const damaged = {
      'model.json': `${modelFolder}model.json`,
      'encoder.onnx': `${modelFolder}encoder.onnx`,
      'decoder.onnx': bytes,
    };
    expect(await codeOf(create({ model: damaged }))).toBe('bad-model');
    expect(await codeOf(create({ model: '/no/such/model/' }))).toMatch(/model-not-found|bad-model/);
    expect(await codeOf(create({ model: [] }))).toBe('model-not-found');
    expect(await codeOf(create({ model: { 'model.json': new Uint8Array([1, 2]) } }))).toBe('bad-model');
    expect(await codeOf(create({ provider: 'tpu' as 'wasm' }))).toBe('bad-option');
  });

  test('a model that was fetched once is kept, and told as such', async () => {
    await caches.delete('clickmask-models-1');
    const told: DownloadProgress[][] = [[], []];
    for (const list of told) await create({ onProgress: (progress) => list.push(progress) });
    for (const list of told) expect(list.at(-1)?.fraction).toBe(1);
    const steps = told.map((list) => list.filter(({ file }) => file === 'encoder.onnx').length);
    expect(steps[1]).toBe(1);
    expect((await (await caches.open('clickmask-models-1')).keys()).length).toBe(3);
    // What the cache holds is not trusted.
    const store = await caches.open('clickmask-models-1');
    for (const key of await store.keys()) await store.put(key, new Response(new Uint8Array([1, 2, 3])));
    const segmenter = await create();
    expect(segmenter.info.provider).toBe('wasm');
  });

  test('a worker script that is not there is an error, not a hang', async () => {
    const worker = () => new Worker('/no-such-worker.js', { type: 'module' });
    expect(await codeOf(create({ worker }))).toBe('worker-lost');
  });

  test('images are decoded upright and over white, and refused with codes', async () => {
    const canvas = new OffscreenCanvas(40, 20);
    const context = canvas.getContext('2d')!;
    context.fillStyle = 'rgba(255, 0, 0, 0.5)';
    context.fillRect(0, 0, 20, 20);
    const png = new Uint8Array(await (await canvas.convertToBlob()).arrayBuffer());
    const image = await decodeImage(png);
    expect([image.width, image.height, image.data.length]).toEqual([40, 20, 2400]);
    expect(Math.abs(image.data[1] - 127)).toBeLessThan(3);
    expect([...image.data.slice(-3)]).toEqual([255, 255, 255]);
    expect(await codeOf(decodeImage(png, 100))).toBe('image-too-large');
    expect(await codeOf(decodeImage(new Uint8Array([0, 1, 2])))).toBe('unsupported-image');
  });

  test('overlapping calls on the GPU are served one after another and none hangs', {
    timeout: 240_000,
  }, async (context) => {
    const backend = await createOnnxWebBackend({ allowSoftwareGpu: true });
    if (!(await backend.providers()).includes('webgpu')) context.skip();
    const graph = await fetchBytes(`${modelFolder}decoder.onnx`);
    const [a, b] = await Promise.all(
      [1, 2].map(() => backend.createSession(graphOf(graph), { providers: ['webgpu'] })),
    );
    const feeds = Object.fromEntries(
      a.inputs.map(({ name, shape }) => {
        const fixed = shape.map((size) => (typeof size === 'number' && size > 0 ? size : 1));
        const length = fixed.reduce((product, size) => product * size, 1);
        return [name, { type: 'float32' as const, shape: fixed, data: new Float32Array(length).fill(0.1) }];
      }),
    );
    const results = await Promise.all([a.run(feeds), b.run(feeds), a.run(feeds), b.run(feeds)]);
    const first = Object.values(results[0])[0].data as Float32Array;
    for (const result of results) expect(Object.values(result)[0].data).toEqual(first);
    await Promise.all([a.dispose(), b.dispose()]);
  });

  test('a GPU that fails hands over to the processor, and the click is still answered', async () => {
    // A worker that says it is on the GPU and fails at its first run, as one does whose device was lost.
    let started = 0;
    const failing = () => {
      started++;
      if (started > 1) return createWorker();
      const script = `
        onmessage = ({ data }) => {
          const { port } = data;
          const error = { code: 'backend-failed', message: 'device lost', details: {} };
          port.onmessage = ({ data: { id, operation } }) =>
            port.postMessage(operation === 'load'
              ? { type: 'done', id, response: { width: 451, height: 300 } }
              : { type: 'error', id, error });
          const capabilities = { previousMask: true, box: false, candidates: 1 };
          port.postMessage({ type: 'ready', info: { model: 'm', family: 'f', licence: 'l', provider: 'webgpu', threads: 1, capabilities } });
        };`;
      return new Worker(URL.createObjectURL(new Blob([script], { type: 'text/javascript' })));
    };
    const told: string[] = [];
    const segmenter = await create({
      worker: failing,
      provider: 'auto',
      onFallback: ({ from, to }) => told.push(`${from} ${to}`),
    });
    expect(segmenter.info.provider).toBe('webgpu');
    const image = await segmenter.open(photo, { prepare: true });
    const prediction = await segmenter.segment(image, { clicks });
    expect(prediction.provider).toBe('wasm');
    expect(prediction.area).toBeGreaterThan(10_000);
    expect(segmenter.info.provider).toBe('wasm');
    expect(told).toEqual(['webgpu wasm']);
  });

  test('the latest click wins, and an aborted one is told at once', async () => {
    const segmenter = await create();
    const image = await segmenter.open(photo);
    const abort = new AbortController();
    const all = [1, 2, 3, 4].map((x) =>
      segmenter.segment(
        image,
        { clicks: [{ x: x * 50, y: 100, label: 'positive' }] },
        { session: 's', signal: x === 4 ? abort.signal : undefined },
      ),
    );
    const codes = all.map(codeOf);
    abort.abort();
    const settled = await Promise.all(codes);
    expect(settled[0]).toBe('none');
    expect(settled[1]).toBe('superseded');
    expect(settled[2]).toBe('superseded');
    expect(settled[3]).toBe('aborted');
  });
});
