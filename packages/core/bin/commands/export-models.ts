import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { families } from '../../src/models/index.js';
import { createOnnxNodeBackend, defaultModelsFolder, findModelFolder, folderFiles } from '../../src/node.js';
import {
  kserveRepository,
  mlserverRepository,
  prepareModel,
  type RepositoryFile,
  type ServableModel,
  tritonRepository,
} from '../../src/serving/index.js';
import { BadUse, choiceOption, wholeOption } from '../command.js';

/** Options of the actions that write a repository for an inference server. */
export const exportOptions = {
  out: { type: 'string' },
  gpu: { type: 'boolean' },
  backend: { type: 'string' },
  batch: { type: 'string' },
  instances: { type: 'string' },
  threads: { type: 'string' },
  queue: { type: 'string' },
  halves: { type: 'boolean' },
  storage: { type: 'string' },
} as const;

export const exportHelp = `Options of export-triton, export-kserve and export-mlserver:
  --out DIR              where the repository goes: a folder that is empty or not there yet
  --gpu                  for a GPU; without it for a CPU
  --backend NAME         Triton: onnxruntime (default), or python for a Triton without that backend
  --batch N              requests run as one at most (default 1 on a CPU, 8 on a GPU)
  --instances N          copies of each graph that run at the same time (default 1)
  --threads N            threads of each copy on a CPU (default: all cores)
  --queue N              requests that may wait for each graph (default 64)
  --halves               features as half-precision numbers: half the bytes
  --storage URI          KServe: where the cluster finds the repository (default pvc://clickmask-models)
`;

type Values = { readonly [K in keyof typeof exportOptions]?: string | boolean };

export const exportActions = ['export-triton', 'export-kserve', 'export-mlserver'] as const;
export type ExportAction = (typeof exportActions)[number];

/** Writes the repository and says how it is used. */
export async function exportModel(action: ExportAction, target: string, values: Values): Promise<number> {
  const text = (name: keyof Values) => values[name] as string | undefined;
  const out = text('out');
  if (out === undefined) throw new BadUse('Expected --out with the folder to write the repository to.');
  const found = await readdir(out).catch(() => []);
  if (found.length > 0)
    throw new BadUse(`Expected an empty folder for --out but ${out} holds ${found.length} entries.`);
  const backend = choiceOption('backend', text('backend'), ['onnxruntime', 'python']) ?? 'onnxruntime';
  const files = folderFiles(findModelFolder(target, defaultModelsFolder()));
  const manifest = JSON.parse(new TextDecoder().decode(await files.read('model.json'))) as { family?: string };
  const family = families.find(({ name }) => name === manifest.family);
  const batch = wholeOption('batch', text('batch'), 1, 1024);
  const model = await prepareModel(
    files,
    {
      device: values.gpu === true ? 'gpu' : 'cpu',
      maxBatch: batch,
      instances: wholeOption('instances', text('instances'), 1, 1024),
      threads: wholeOption('threads', text('threads'), 1, 1024),
      queue: wholeOption('queue', text('queue'), 1, 1_000_000),
      halves: values.halves === true,
    },
    family?.bytePicture === true,
    await createOnnxNodeBackend().catch(() => undefined),
  );
  const written = {
    'export-triton': () => tritonRepository(model, backend),
    'export-kserve': () => kserveRepository(model, { storageUri: text('storage') ?? 'pvc://clickmask-models' }),
    'export-mlserver': () => mlserverRepository(model),
  }[action]();
  await writeAll(out, written);
  for (const note of model.notes) process.stderr.write(`Note: ${note}\n`);
  const script = written.some(({ path }) => path === 'start.sh') ? join(out, 'start.sh') : null;
  process.stdout.write(nextSteps(action, out, model, script));
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
      return `${head}Start: ${start}\nThen: clickmask-label-studio --engine grpc://HOST:8001\n`;
    }
    case 'export-mlserver':
      return `${head}Start: pip install mlserver==1.7.1 onnxruntime && mlserver start ${out}\nThen: clickmask-label-studio --engine grpc://HOST:8081\n`;
    case 'export-kserve':
      return `${head}Put ${out}/models to the storage, then: kubectl apply -f ${join(out, 'inference-service.yaml')}\n`;
  }
}
