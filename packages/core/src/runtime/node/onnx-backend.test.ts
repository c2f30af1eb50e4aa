import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type * as Ort from 'onnxruntime-node';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { codeOf, graphOf, picture } from '../../../test/support/fake-model.js';
import { fixture, tinyModelFolder } from '../../../test/support/tiny-model.js';
import { createSegmenter } from './create-segmenter.js';
import { embeddedModel, findModelFolder, folderFiles } from './model-folder.js';
import { createOnnxNodeBackend } from './onnx-backend.js';
import { usableCores } from './usable-cores.js';

const folders: { remove(): void }[] = [];
afterAll(() => {
  for (const folder of folders) folder.remove();
});
const folderOf = (...alter: Parameters<typeof tinyModelFolder>) => {
  const made = tinyModelFolder(...alter);
  folders.push(made);
  return made.folder;
};

describe('createOnnxNodeBackend', () => {
  it('lists what the runtime offers, the CPU among it', async () => {
    const backend = await createOnnxNodeBackend();
    expect(backend.name).toBe('onnxruntime-node');
    expect(await backend.providers()).toContain('cpu');
  });

  it('describes a graph and runs it', async () => {
    const session = await (await createOnnxNodeBackend()).createSession(graphOf(fixture('tiny-encoder.onnx')), {
      providers: ['cpu'],
      threads: 1,
    });
    expect(session).toMatchObject({
      provider: 'cpu',
      inputs: [{ name: 'image', type: 'float32', shape: [1, 3, 32, 32] }],
      outputs: [{ name: 'features', type: 'float32', shape: [1, 2, 8, 8] }],
    });
    const data = new Float32Array(3 * 32 * 32).fill(1);
    const { features } = await session.run({ image: { type: 'float32', shape: [1, 3, 32, 32], data } });
    expect(features.shape).toEqual([1, 2, 8, 8]);
    // The weights of each filter are half of a line from -0.1 to 0.1.
    expect(features.data[0]).toBeCloseTo(-2.4253, 3);
    expect(features.data[64]).toBeCloseTo(2.4253, 3);
    await session.dispose();
  });

  it('has threads that wait without spinning, unless told otherwise, with equal outputs', async () => {
    const ort = createRequire(import.meta.url)('onnxruntime-node') as typeof Ort;
    const create = vi.spyOn(ort.InferenceSession, 'create');
    const data = Float32Array.from({ length: 3 * 32 * 32 }, (_, i) => (i % 97) / 97);
    const outputs = [];
    for (const options of [{}, { spin: true }]) {
      const backend = await createOnnxNodeBackend(options);
      const session = await backend.createSession(graphOf(fixture('tiny-encoder.onnx')), {
        providers: ['cpu'],
        threads: 2,
      });
      outputs.push((await session.run({ image: { type: 'float32', shape: [1, 3, 32, 32], data } })).features.data);
      await session.dispose();
    }
    const spinning = create.mock.calls.map(([, options]) => options?.extra?.session);
    expect(spinning).toEqual([{ intra_op: { allow_spinning: '0' } }, { intra_op: { allow_spinning: '1' } }]);
    expect(outputs[0]).toEqual(outputs[1]);
    create.mockRestore();
  });

  it('says what a feed has wrong, as `backend-failed`', async () => {
    const session = await (await createOnnxNodeBackend()).createSession(graphOf(fixture('tiny-encoder.onnx')), {
      providers: ['cpu'],
    });
    const feed = (shape: readonly number[]) => ({
      image: { type: 'float32' as const, shape, data: new Float32Array(shape.reduce((a, b) => a * b, 1)) },
    });
    expect(await codeOf(session.run({}))).toBe('backend-failed');
    expect(await codeOf(session.run(feed([1, 3, 8, 8])))).toBe('backend-failed');
    await session.dispose();
  });

  it.each([
    ['nothing', new Uint8Array(0)],
    ['text', Buffer.from('not a graph')],
    ['half a graph', fixture('tiny-decoder.onnx').subarray(0, 300)],
  ])('refuses %s as a graph', async (_, bytes) => {
    const backend = await createOnnxNodeBackend();
    expect(await codeOf(backend.createSession(graphOf(bytes), { providers: ['cpu'] }))).toBe('bad-model');
  });

  it('does not take another provider for the one that was asked for', async () => {
    const backend = await createOnnxNodeBackend();
    const offered = await backend.providers();
    for (const provider of (['cuda', 'wasm', 'remote'] as const).filter((name) => !offered.includes(name))) {
      expect(
        await codeOf(backend.createSession(graphOf(fixture('tiny-encoder.onnx')), { providers: [provider] })),
      ).toBe('provider-unavailable');
    }
  });
});

describe('createSegmenter with a model folder', () => {
  const clicks = [{ x: 20, y: 20, label: 'positive' as const }];

  it('loads, segments, and says what it runs on', async () => {
    const segmenter = await createSegmenter({ model: folderOf(), workers: 0, threads: 1 });
    expect(segmenter.info).toMatchObject({
      model: 'tiny 1.0.0',
      family: 'clickmask',
      provider: 'cpu',
      workers: 0,
      threads: 1,
      commercialUse: true,
    });
    const image = await segmenter.open(picture(64, 48));
    const result = await segmenter.segment(image, { clicks });
    expect(result).toMatchObject({ width: 64, height: 48, model: 'tiny 1.0.0' });
    expect(result.area).toBeGreaterThan(0);
    expect(result.timings.network).toBeGreaterThan(0);
    expect(result.timings.total).toBeGreaterThanOrEqual(result.timings.network);
    await segmenter.close();
  });

  it('has a worker for each core, up to four, and divides the cores among them', async () => {
    const cores = usableCores();
    const workers = Math.min(4, cores);
    const segmenter = await createSegmenter({ model: folderOf(), workers: 'auto' });
    expect(segmenter.info).toMatchObject({ workers, threads: Math.floor(cores / workers) });
    await segmenter.close();
  });

  it.each<[string, Parameters<typeof tinyModelFolder>[0], string]>([
    ['a hash that does not fit', ({ graphs }) => (graphs.encoder.sha256 = '1'.repeat(64)), 'bad-model'],
    ['a family nobody knows', (manifest) => (manifest.family = 'unheard'), 'bad-model'],
    ['inputs that the graph lacks', ({ graphs }) => (graphs.decoder.inputs[1].name = 'points'), 'bad-model'],
    ['a graph that is not there', ({ graphs }) => (graphs.decoder.file = 'gone.onnx'), 'model-not-found'],
    [
      'the graphs exchanged',
      ({ graphs }) => ([graphs.encoder, graphs.decoder] = [graphs.decoder, graphs.encoder]),
      'bad-model',
    ],
  ])('refuses %s', async (_, alter, code) => {
    expect(await codeOf(createSegmenter({ model: folderOf(alter), workers: 0 }))).toBe(code);
  });

  it.each<[string, Parameters<typeof createSegmenter>[0], string]>([
    ['an unknown model', { model: 'no-such-model' }, 'model-not-found'],
    ['a path as a name', { model: '../../etc' }, 'model-not-found'],
    ['a negative number of workers', { workers: -1 }, 'bad-option'],
    ['half a thread', { threads: 0.5 }, 'bad-option'],
    ['a provider that is not there', { provider: 'wasm' }, 'provider-unavailable'],
    ['a provider nobody knows', { provider: 'quantum' as never }, 'provider-unavailable'],
    ['families in a worker', { families: [] }, 'bad-option'],
    ['no families', { families: [], workers: 0 }, 'bad-model'],
    ['a budget that is no number', { budgets: { pixels: Number.NaN }, workers: 0 }, 'bad-option'],
    ['a queue that is no number', { queueCapacity: -1, workers: 0 }, 'bad-option'],
  ])('refuses %s', async (_, options, code) => {
    expect(await codeOf(createSegmenter(options))).toBe(code);
  });
});

describe('findModelFolder', () => {
  it('finds the embedded model, a folder, and what is installed by name', () => {
    const home = mkdtempSync(join(tmpdir(), 'clickmask-home-'));
    folders.push({ remove: () => rmSync(home, { recursive: true }) });
    mkdirSync(join(home, 'mine'));
    writeFileSync(join(home, 'mine', 'model.json'), '{}');
    expect(findModelFolder(embeddedModel, home)).toMatch(/clickmask-small$/);
    expect(findModelFolder('mine', home)).toBe(join(home, 'mine'));
    expect(findModelFolder(join(home, 'mine'), '/nowhere')).toBe(join(home, 'mine'));
    expect(() => findModelFolder('x/../mine', home)).toThrow(expect.objectContaining({ code: 'model-not-found' }));
  });

  it('says what a folder lacks', async () => {
    expect(await codeOf(folderFiles('/nowhere').read('model.json'))).toBe('model-not-found');
  });
});
