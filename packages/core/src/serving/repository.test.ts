import { beforeAll, describe, expect, it } from 'vitest';
import type { ModelFiles } from '../models/index.js';
import { createOnnxNodeBackend, defaultModelsFolder, findModelFolder, folderFiles } from '../node.js';
import type { GraphSource, InferenceBackend, Tensor } from '../runtime/backend.js';
import { versionOf } from '../runtime/oip/index.js';
import { mlserverRepository, prepareModel, tritonRepository } from './index.js';
import { withRim } from './onnx-graph.js';

const files: ModelFiles = folderFiles(findModelFolder('clickmask-small', defaultModelsFolder()));
let backend: InferenceBackend;
let encoder: Uint8Array;
beforeAll(async () => {
  backend = await createOnnxNodeBackend();
  encoder = await files.read('encoder.onnx');
});

const side = 384;
const bytes = Uint8Array.from({ length: 3 * side * side }, (_, i) => (i * 31) % 256);
const shape = [1, 3, side, side];
const picture: Tensor = { type: 'uint8', shape, data: bytes };
const floats: Tensor = { type: 'float32', shape, data: Float32Array.from(bytes, (byte) => byte / 255) };

async function encode(onnx: Uint8Array, image: Tensor): Promise<Readonly<Record<string, Tensor>>> {
  const source = { graph: 'encoder', read: async () => onnx } as unknown as GraphSource;
  const session = await backend.createSession(source, { providers: ['cpu'] });
  try {
    return await session.run({ image });
  } finally {
    await session.dispose();
  }
}

describe('a graph with another rim', () => {
  it('gives the very same features for bytes as for their floats', async () => {
    const expected = await encode(encoder, floats);
    const found = await encode(withRim(encoder, { openBatch: true, bytes: 'image' }), picture);
    for (const [name, { data }] of Object.entries(expected)) expect(found[name].data).toEqual(data);
  });

  it('gives features as halves, each within the precision of one', async () => {
    const expected = (await encode(encoder, floats)).features_16.data as Float32Array;
    const { type, data } = (await encode(withRim(encoder, { halves: ['features_16'] }), floats)).features_16;
    expect(type).toBe('float16');
    expect(data.length).toBe(expected.length);
    expect((await encode(withRim(encoder, { halves: ['features_16'] }), floats)).features_8.type).toBe('float32');
  });

  it('runs two images as one, with the answers that each has alone', async () => {
    const open = withRim(encoder, { openBatch: true });
    const other = { ...floats, data: (floats.data as Float32Array).map((value) => 1 - value) };
    const data = new Float32Array(2 * bytes.length);
    data.set(floats.data as Float32Array);
    data.set(other.data, bytes.length);
    const both = (await encode(open, { type: 'float32', shape: [2, ...shape.slice(1)], data })).features_16;
    const alone = (await encode(encoder, other)).features_16.data as Float32Array;
    expect(both.shape[0]).toBe(2);
    const second = (both.data as Float32Array).subarray(alone.length);
    expect(Math.max(...alone.map((value, i) => Math.abs(value - second[i])))).toBeLessThan(1e-3);
  });

  it.each([
    ['bytes that are no model', () => withRim(Uint8Array.of(1, 2, 3), {})],
    ['nothing', () => withRim(new Uint8Array(0), {})],
    ['a tensor that is not there', () => withRim(encoder, { bytes: 'picture' })],
    ['features that are not there', () => withRim(encoder, { halves: ['features_1'] })],
  ])('of %s is refused', (_name, work) => {
    expect(work).toThrow(expect.objectContaining({ code: 'bad-model' }));
  });
});

describe('a model for inference servers', () => {
  it('takes images in bytes where the family makes them so, and is one by one on a CPU', async () => {
    const model = await prepareModel(files, {}, true, backend);
    expect(model.graphs[0].inputs[0]).toMatchObject({ name: 'image', type: 'uint8' });
    expect(model).toMatchObject({ maxBatch: 1, notes: [], version: versionOf(model.hash) });
    expect((await prepareModel(files, {}, false, backend)).graphs[0].inputs[0].type).toBe('float32');
  });

  it('hands on halves from graph to graph, and only those', async () => {
    const { graphs } = await prepareModel(files, { halves: true }, true, backend);
    const halves = (list: readonly { readonly name: string; readonly type: string }[]) =>
      list.filter(({ type }) => type === 'float16').map(({ name }) => name);
    const features = ['features_4', 'features_8', 'features_16'];
    expect(halves(graphs[0].outputs)).toEqual(features);
    expect(halves(graphs[1].inputs)).toEqual(features);
    expect(halves(graphs[1].outputs)).toEqual([]);
  });

  it('is batched after that was tried, and says why where it could not be', async () => {
    expect(await prepareModel(files, { maxBatch: 4 }, true, backend)).toMatchObject({ maxBatch: 4, notes: [] });
    const untried = await prepareModel(files, { maxBatch: 4 }, true);
    expect(untried.maxBatch).toBe(1);
    expect(untried.notes[0]).toContain('onnxruntime-node');
  });

  it.each([[{ maxBatch: 0 }], [{ instances: 1.5 }], [{ threads: 0 }], [{ queue: 0 }], [{ device: 'tpu' as 'cpu' }]])(
    'with the options %j is refused',
    async (options) => {
      await expect(prepareModel(files, options, true)).rejects.toMatchObject({ code: 'bad-option' });
    },
  );
});

describe('a repository', () => {
  it('for Triton has a cached encoder, the click level, and a script where there is no container', async () => {
    const model = await prepareModel(files, { threads: 2, instances: 3 }, true);
    const written = new Map(tritonRepository(model, 'python').map(({ path, data }) => [path, String(data)]));
    const config = written.get('clickmask-small-encoder/config.pbtxt');
    for (const line of [
      'response_cache { enable: true }',
      'count: 3',
      'TYPE_UINT8',
      model.hash,
      'priority_levels: 2',
    ]) {
      expect(config).toContain(line);
    }
    expect(written.get('clickmask-small-click/config.pbtxt')).toContain(`model_version: ${model.version}`);
    expect(written.has(`clickmask-small-decoder/${model.version}/model.py`)).toBe(true);
    expect(written.get('start.sh')).toMatch(/^#!\/bin\/sh\n/);
    expect(tritonRepository(model, 'onnxruntime').some(({ path }) => /start\.sh|model\.py/.test(path))).toBe(false);
  });

  it('for MLServer names version and types', async () => {
    const model = await prepareModel(files, {}, true);
    const file = mlserverRepository(model).find(({ path }) => path === 'clickmask-small-encoder/model-settings.json');
    expect(JSON.parse(String(file?.data))).toMatchObject({
      inputs: [{ name: 'image', datatype: 'UINT8', shape: [-1, 3, side, side] }],
      parameters: { version: model.version },
    });
  });
});
