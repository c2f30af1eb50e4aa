import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { families } from '../../src/models/index.js';
import { createOnnxNodeBackend, defaultModelsFolder, findModelFolder, folderFiles } from '../../src/node.js';
import { type Terminal, UsageError, type Values } from '../../src/runtime/node/command-line/index.js';
import {
  kserveRepository,
  mlserverRepository,
  prepareModel,
  type RepositoryFile,
  type ServableModel,
  tritonRepository,
} from '../../src/serving/index.js';

/** Options of the commands that write a model repository for an inference server. */
export const exportOptions = {
  out: {
    type: 'text',
    value: 'DIR',
    help: 'export-…: an empty or new folder for the repository.',
  },
  gpu: { type: 'switch', help: 'export-…: for a GPU. Default: for a CPU.' },
  backend: {
    type: 'text',
    choices: ['onnxruntime', 'python'],
    default: 'onnxruntime',
    help: 'export-triton: python, for a Triton without the backend onnxruntime.',
  },
  batch: {
    type: 'whole',
    min: 1,
    max: 1024,
    help: 'export-…: most requests in one batch. Default: 1 on a CPU, 8 on a GPU.',
  },
  instances: {
    type: 'whole',
    min: 1,
    max: 1024,
    help: 'export-…: copies of each graph that run at the same time. Default: 1.',
  },
  threads: { type: 'whole', min: 1, max: 1024, help: 'export-…: threads of each copy on a CPU. Default: all cores.' },
  queue: {
    type: 'whole',
    min: 1,
    max: 1_000_000,
    help: 'export-…: requests that may wait for each graph. Default: 64.',
  },
  halves: { type: 'switch', help: 'export-…: features in half precision, with half the bytes.' },
  storage: {
    type: 'text',
    value: 'URI',
    default: 'pvc://clickmask-models',
    help: 'export-kserve: address of the repository for the cluster.',
  },
} as const;

export const exportActions = ['export-triton', 'export-kserve', 'export-mlserver'] as const;
export type ExportAction = (typeof exportActions)[number];

/** Writes the repository and prints how to use it. */
export async function exportModel(
  action: ExportAction,
  target: string,
  values: Values<typeof exportOptions>,
  terminal: Terminal,
): Promise<number> {
  const { out, backend, batch, instances, threads, queue, gpu, halves, storage } = values;
  if (out === undefined) throw new UsageError('Expected --out with the folder to write the repository to.');
  const found = await readdir(out).catch(() => []);
  if (found.length > 0)
    throw new UsageError(`Expected an empty folder for --out but ${out} holds ${found.length} entries.`);
  const files = folderFiles(findModelFolder(target, defaultModelsFolder()));
  const manifest = JSON.parse(new TextDecoder().decode(await files.read('model.json'))) as { family?: string };
  const family = families.find(({ name }) => name === manifest.family);
  const model = await prepareModel(
    files,
    {
      device: gpu ? 'gpu' : 'cpu',
      maxBatch: batch,
      instances,
      threads,
      queue,
      halves,
    },
    family?.bytePicture === true,
    await createOnnxNodeBackend().catch(() => undefined),
  );
  const written = {
    'export-triton': () => tritonRepository(model, backend),
    'export-kserve': () => kserveRepository(model, { storageUri: storage }),
    'export-mlserver': () => mlserverRepository(model),
  }[action]();
  await writeAll(out, written);
  for (const note of model.notes) terminal.err(`Note: ${note}\n`);
  const script = written.some(({ path }) => path === 'start.sh') ? join(out, 'start.sh') : null;
  terminal.out(nextSteps(action, out, model, script));
  return 0;
}

async function writeAll(out: string, files: readonly RepositoryFile[]): Promise<void> {
  for (const { path, data } of files) {
    await mkdir(dirname(join(out, path)), { recursive: true });
    await writeFile(join(out, path), data, { flag: 'wx' });
  }
}

function nextSteps(
  action: ExportAction,
  out: string,
  { manifest, version }: ServableModel,
  /** Starts the server without a container. */
  script: string | null,
): string {
  const head = `${manifest.name} ${manifest.version} is in ${out}, as version ${version}.\n`;
  switch (action) {
    case 'export-triton': {
      const start =
        script === null
          ? `tritonserver --model-repository=${out} --cache-config=local,size=1073741824`
          : `sh ${script}`;
      return `${head}Start: ${start}\nThen: npx clickmask-label-studio --engine http://127.0.0.1:8000\n`;
    }
    case 'export-mlserver':
      return `${head}Install: python3 -m venv mlserver && mlserver/bin/pip install mlserver==1.7.1 onnxruntime\nStart: MLSERVER_HOST=127.0.0.1 MLSERVER_HTTP_PORT=8083 mlserver/bin/mlserver start ${out}\nThen: npm install @grpc/grpc-js && npx clickmask-label-studio --engine grpc://127.0.0.1:8081\n`;
    case 'export-kserve':
      return `${head}Put ${out}/models to the storage, then: kubectl apply -f ${join(out, 'inference-service.yaml')}\n`;
  }
}
