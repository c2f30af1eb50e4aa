import { describe, expect, it } from 'vitest';
import { codeOf } from '../../test/support/fake-model.js';
import { fixture, tinyManifest } from '../../test/support/tiny-model.js';
import { ClickmaskError } from '../errors/index.js';
import type { InferenceBackend, TensorInfo } from '../runtime/backend.js';
import { loadModel, type ModelFiles, readManifest } from './load-model.js';
import { families } from './registry.js';

type Manifest = ReturnType<typeof tinyManifest>;

function filesOf(
  alter: (manifest: Manifest) => unknown = () => {},
  graphs: Record<string, Uint8Array> = {},
): ModelFiles {
  const manifest = tinyManifest();
  alter(manifest);
  return {
    location: 'memory',
    async read(file) {
      if (file === 'model.json') return new TextEncoder().encode(JSON.stringify(manifest));
      return graphs[file] ?? fixture(file);
    },
  };
}

/** A backend whose graphs have the tensors that the untouched manifest declares. */
function fakeBackend(
  change: (graph: 'encoder' | 'decoder', kind: 'inputs' | 'outputs') => TensorInfo[] | null = () => null,
) {
  const open = { sessions: 0 };
  let created = 0;
  const backend: InferenceBackend = {
    name: 'fake',
    providers: async () => ['cpu'],
    async createSession(source, { providers }) {
      await source.read();
      const name = created++ === 0 ? ('encoder' as const) : ('decoder' as const);
      const { inputs, outputs } = tinyManifest().graphs[name];
      open.sessions += 1;
      return {
        provider: providers[0],
        inputs: change(name, 'inputs') ?? (inputs as TensorInfo[]),
        outputs: change(name, 'outputs') ?? (outputs as TensorInfo[]),
        run: async () => ({}),
        async dispose() {
          open.sessions -= 1;
        },
      };
    },
  };
  return { backend, open };
}

const load = (files: ModelFiles, backend = fakeBackend().backend) =>
  loadModel(files, { backend, families, providers: ['cpu'] });

describe('loadModel', () => {
  it('gives a model with its provider, and frees its sessions', async () => {
    const { backend, open } = fakeBackend();
    const handle = await load(filesOf(), backend);
    expect(handle.model.manifest.name).toBe('tiny');
    expect(handle.model.capabilities).toMatchObject({ previousMask: true, candidates: 1 });
    expect(handle).toMatchObject({ provider: 'cpu' });
    expect(handle.networkMs()).toBe(0);
    expect(open.sessions).toBe(2);
    await handle.dispose();
    expect(open.sessions).toBe(0);
  });

  it.each<[string, (manifest: Manifest) => unknown, RegExp]>([
    ['a wrong hash', ({ graphs }) => (graphs.decoder.sha256 = '0'.repeat(64)), /Expected SHA-256 0{64}.*install/],
    ['a wrong length', ({ graphs }) => (graphs.encoder.bytes += 1), /Expected 644 bytes.*643/],
    ['an unknown family', (manifest) => (manifest.family = 'other'), /known model family.*'other'.*clickmask/],
    ['a missing graph', ({ graphs }) => delete (graphs as Partial<Manifest['graphs']>).decoder, /decoder is missing/],
    [
      'an input of another name',
      ({ graphs }) => (graphs.encoder.inputs[0].name = 'picture'),
      /'picture'.*only 'image'/,
    ],
    ['an input of another size', ({ graphs }) => (graphs.encoder.inputs[0].shape = [1, 3, 64, 64]), /64, 64.*32, 32/],
    ['an input of another type', ({ graphs }) => (graphs.decoder.inputs[1].type = 'int64'), /int64.*float32/],
    ['an output of another rank', ({ graphs }) => (graphs.decoder.outputs[0].shape = [1, 8, 8]), /logits/],
    ['an input left out', ({ graphs }) => graphs.decoder.inputs.pop(), /no other inputs.*previous/],
  ])('refuses %s, and leaves no session behind', async (_, alter, message) => {
    const { backend, open } = fakeBackend();
    const promise = load(filesOf(alter), backend);
    await expect(promise).rejects.toMatchObject({ code: 'bad-model' });
    await expect(promise).rejects.toThrow(message);
    expect(open.sessions).toBe(0);
  });

  it.each<[string, (manifest: Manifest) => unknown]>([
    ['candidates without scores', ({ graphs }) => (graphs.decoder.outputs[0].shape = [1, 3, 8, 8])],
    ['logits of another size than the previous map', ({ graphs }) => (graphs.decoder.outputs[0].shape = [1, 1, 4, 4])],
    ['an image of four channels', ({ graphs }) => (graphs.encoder.inputs[0].shape = [1, 4, 32, 32])],
    ['a feature that the encoder does not make', ({ graphs }) => (graphs.decoder.inputs[0].name = 'other')],
    ['no clicks', ({ graphs }) => graphs.decoder.inputs.splice(1, 1)],
  ])('refuses a manifest and graph of the family that have %s', async (_, alter) => {
    const manifest = tinyManifest();
    alter(manifest);
    const { backend, open } = fakeBackend((graph, kind) => manifest.graphs[graph][kind] as TensorInfo[]);
    expect(await codeOf(load(filesOf(alter), backend))).toBe('bad-model');
    expect(open.sessions).toBe(0);
  });

  it('takes a graph with open sizes, and passes the first provider that works on to the next graph', async () => {
    const open = fakeBackend((graph, kind) =>
      tinyManifest().graphs[graph][kind].map((tensor) => ({
        ...(tensor as TensorInfo),
        shape: tensor.shape.map((size, i) => (i === 0 ? -1 : i > 1 ? 'side' : size)),
      })),
    );
    await (await load(filesOf(), open.backend)).dispose();
    const { backend } = fakeBackend();
    const asked: (readonly string[])[] = [];
    const handle = await loadModel(filesOf(), {
      families,
      providers: ['webgpu', 'cpu'],
      backend: {
        ...backend,
        async createSession(graph, options) {
          asked.push(options.providers);
          return { ...(await backend.createSession(graph, options)), provider: 'cpu' };
        },
      },
    });
    expect(asked).toEqual([['webgpu', 'cpu'], ['cpu']]);
    expect(handle.provider).toBe('cpu');
  });

  it('passes on what reading fails with', async () => {
    const files: ModelFiles = {
      location: 'nowhere',
      read: () => Promise.reject(new ClickmaskError('model-not-found', 'none')),
    };
    expect(await codeOf(load(files))).toBe('model-not-found');
  });
});

describe('readManifest', () => {
  const read = (text: string | Uint8Array) =>
    readManifest({
      location: 'memory',
      read: async () => (typeof text === 'string' ? new TextEncoder().encode(text) : text),
    });
  const altered = (alter: (manifest: Manifest) => unknown) => {
    const manifest = tinyManifest();
    alter(manifest);
    return JSON.stringify(manifest);
  };

  it.each<[string, string | Uint8Array]>([
    ['no JSON', 'name: tiny'],
    ['broken text', new Uint8Array([0xff, 0xfe, 0x7b])],
    ['a list', '[]'],
    ['null', 'null'],
    ['a later form', altered((manifest) => (manifest.format = 2))],
    ['a name that is a path', altered((manifest) => (manifest.name = '../evil'))],
    ['a family with blanks', altered((manifest) => (manifest.family = 'a b'))],
    ['an empty version', altered((manifest) => (manifest.version = ''))],
    ['a licence without a word on commerce', altered(({ licence }) => (licence.commercialUse = 'yes' as never))],
    ['a threshold above 1', altered((manifest) => (manifest.threshold = 1.1))],
    ['a threshold as text', altered((manifest) => (manifest.threshold = '0.5' as never))],
    ['no graphs', altered((manifest) => (manifest.graphs = {} as never))],
    ['a graph outside its folder', altered(({ graphs }) => (graphs.encoder.file = '../encoder.onnx'))],
    ['an absolute graph', altered(({ graphs }) => (graphs.encoder.file = '/etc/passwd'))],
    ['a graph named like the manifest', altered(({ graphs }) => (graphs.encoder.file = 'Model.JSON'))],
    [
      'a graph named with the separator of Windows',
      altered(({ graphs }) => (graphs.encoder.file = '..\\encoder.onnx')),
    ],
    ['a graph named with escapes', altered(({ graphs }) => (graphs.encoder.file = '%2e%2e%2fencoder.onnx'))],
    ['a graph named with a stream of Windows', altered(({ graphs }) => (graphs.encoder.file = 'encoder.onnx:x'))],
    ['a graph named in other letters', altered(({ graphs }) => (graphs.encoder.file = 'ｅncoder．onnx'))],
    ['a graph named like a hidden file', altered(({ graphs }) => (graphs.encoder.file = '.env'))],
    ['a graph named with a new line', altered(({ graphs }) => (graphs.encoder.file = 'encoder.onnx\n'))],
    ['a hash of upper case', altered(({ graphs }) => (graphs.encoder.sha256 = 'A'.repeat(64)))],
    ['no bytes', altered(({ graphs }) => (graphs.encoder.bytes = 0))],
    ['a dimension of 0', altered(({ graphs }) => (graphs.encoder.inputs[0].shape = [1, 0, 8, 8]))],
    ['a dimension of a fraction', altered(({ graphs }) => (graphs.encoder.inputs[0].shape = [1, 1.5]))],
    ['a tensor of text', altered(({ graphs }) => (graphs.encoder.inputs[0].type = 'string'))],
    ['tensors that are no list', altered(({ graphs }) => (graphs.encoder.inputs = {} as never))],
    ['steps below 0', altered(({ refinement }) => (refinement.cascade.steps = -1))],
    ['an unknown moment for the cascade', altered(({ refinement }) => (refinement.cascade.clicks = 'last'))],
    ['a zoom without its numbers', altered(({ refinement }) => (refinement.zoomIn = {} as never))],
    [
      'a zoom with a rule of its own',
      altered((m) =>
        Object.assign(m.refinement, {
          zoomIn: { skipClicks: 1, expansion: 1.4, minSize: 200, keepIou: 0.5, threshold: 0.5, whenEmpty: 'no' },
        }),
      ),
    ],
    [
      'a zoom on more than the image',
      altered((m) =>
        Object.assign(m.refinement, {
          zoomIn: { skipClicks: 1, expansion: 1.4, minSize: 200, keepIou: 0.5, threshold: 0.5, largestShare: 2 },
        }),
      ),
    ],
    ['flip as text', altered(({ refinement }) => (refinement.flip = 'no' as never))],
    ['integrity as a yes', altered((m) => Object.assign(m.refinement, { structuralIntegrity: true }))],
    [
      'integrity without its rule',
      altered((m) => Object.assign(m.refinement, { structuralIntegrity: { connectivity: 4 } })),
    ],
    [
      'six-connected integrity',
      altered((m) => Object.assign(m.refinement, { structuralIntegrity: { connectivity: 6, whenNoneHit: 'empty' } })),
    ],
    ['options as a list', altered((manifest) => (manifest.options = [] as never))],
  ])('refuses %s', async (_, text) => {
    expect(await codeOf(read(text))).toBe('bad-model');
  });

  it('names the field, what was expected and what was found', async () => {
    await expect(read(altered(({ graphs }) => (graphs.decoder.sha256 = 'x')))).rejects.toThrow(
      /64 lower-case hex digits for graphs\.decoder\.sha256 but found "x"/,
    );
  });

  it('takes what is optional as it is', async () => {
    const text = altered((manifest) => {
      Object.assign(manifest.licence, { url: 'https://example.org', note: 'n' });
      (manifest as Partial<Manifest>).options = undefined;
      manifest.refinement.zoomIn = {
        skipClicks: -1,
        expansion: 1.4,
        minSize: 1,
        keepIou: 0.5,
        threshold: 0,
        largestShare: 0.3,
      } as never;
    });
    const manifest = await read(text);
    expect(manifest.licence).toMatchObject({ url: 'https://example.org', note: 'n' });
    expect(manifest.options).toEqual({});
    expect(manifest.refinement.zoomIn).toMatchObject({ skipClicks: -1, largestShare: 0.3 });
  });
});
