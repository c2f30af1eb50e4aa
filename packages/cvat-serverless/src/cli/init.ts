import { defineCommand, type Terminal, UsageError } from '@clickmask/core/adapters';
import { defaultModelsFolder, modelInUse } from '@clickmask/core/node';
import { askVersion, checkBundle, initBundle } from '../bundle/index.js';
import { createCvatClient } from '../client/index.js';
import { replyFormats } from '../replies/index.js';
import { megabytes } from './megabytes.js';

export const init = defineCommand({
  name: 'init',
  summary: 'Writes a folder that nuctl deploys into CVAT as an interactor.',
  args: { usage: '[DIR]', expected: 'at most one folder', min: 0, max: 1 },
  options: {
    out: { type: 'text', value: 'DIR', help: 'Folder to write, same as DIR. Made if it is missing.' },
    model: {
      type: 'text',
      value: 'NAME|DIR',
      help: 'Name or folder of a model. Default: the model in use (clickmask models use), else clickmask-small.',
    },
    cvat: {
      type: 'text',
      value: 'VERSION|URL',
      help: 'Version or address of your CVAT, such as 2.54 or http://localhost:8080. It sets the smallest reply that CVAT reads, and the nuctl version.',
    },
    reply: {
      type: 'text',
      value: 'FORMAT',
      choices: replyFormats,
      help: 'Reply, instead of the choice of --cvat. Default: mask, which all versions read.',
    },
    gpu: { type: 'switch', help: 'Deploy with function-gpu.yaml (both files are always written).' },
    name: { type: 'text', value: 'ID', help: 'Id in nuclio and CVAT. Default: clickmask.' },
    'display-name': { type: 'text', value: 'TEXT', help: 'Name for annotators. Default: Clickmask.' },
    env: { type: 'texts', value: 'NAME=VALUE', help: 'A setting of the function, such as CLICKMASK_SMOOTH=2.' },
    dependencies: {
      type: 'text',
      choices: ['auto', 'vendor', 'npm'],
      help: 'vendor packs onnxruntime-node and sharp from here. npm installs them while the container image is built. auto (default) takes vendor if possible.',
    },
    arch: {
      type: 'text',
      choices: ['x64', 'arm64'],
      help: 'Processor of the machine that will run it. Default: x64.',
    },
    'base-image': {
      type: 'text',
      value: 'IMAGE',
      help: 'Base of the container image. Default: node:22-bookworm-slim.',
    },
    workers: { type: 'whole', min: 1, max: 64, help: 'Number of processes. Default: 1.' },
    'max-body': {
      type: 'number',
      value: 'MIB',
      min: 1,
      max: 380,
      help: 'Largest request. Default: 128, for an image of about 96 MiB.',
    },
    port: { type: 'whole', min: 1, max: 65_535, help: 'Port on the host. Default: a free one.' },
    memory: { type: 'text', value: 'SIZE', help: 'Memory limit of the container, such as 1Gi.' },
    force: { type: 'switch', help: 'Replaces a function that init wrote there.' },
  },
  examples: [
    'clickmask-cvat init --out clickmask-function --cvat 2.54',
    'clickmask-cvat init --out clickmask-function --env CLICKMASK_FILL_HOLES=all --env CLICKMASK_SMOOTH=2',
  ],
  async run({ values, args: [folder] }, terminal) {
    const out = values.out ?? folder;
    if (out === undefined) throw new UsageError('Expected --out with the folder to write.');
    const report = await initBundle({
      out,
      model: values.model ?? modelInUse(defaultModelsFolder()),
      cvat: await readVersion(values.cvat, terminal),
      reply: values.reply,
      gpu: values.gpu,
      name: values.name,
      displayName: values['display-name'],
      env: readPairs(values.env),
      dependencies: values.dependencies,
      arch: values.arch,
      baseImage: values['base-image'],
      workers: values.workers,
      maxBodyMb: values['max-body'],
      port: values.port,
      memory: values.memory,
      force: values.force,
      onProgress: (text) => terminal.err(text),
    });
    const { findings } = await checkBundle(report.folder);
    for (const { level, at, message } of findings) terminal.err(`${level}: ${at}: ${message}`);
    const { bytes, files, model, reply, dependencies } = report;
    terminal.out(
      `${report.folder}: ${files} files, ${megabytes(bytes)}, ${model}, replies as ${reply}, dependencies by ${dependencies}.`,
    );
    terminal.out(
      `\nTry it here:\n  clickmask-cvat check ${out} --run\n\nDeploy it:\n  ${report.deploy.replaceAll('\n', '\n  ')}`,
    );
    return findings.some(({ level }) => level === 'error') ? 1 : 0;
  },
});

/** Parses `NAME=VALUE` pairs. */
function readPairs(values: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    values.map((pair) => {
      const at = pair.indexOf('=');
      if (at < 1) throw new UsageError(`Expected NAME=VALUE for --env but received '${pair}'.`);
      return [pair.slice(0, at), pair.slice(at + 1)];
    }),
  );
}

/** Returns a version unchanged. For an address, asks the server for its version. */
async function readVersion(given: string | undefined, terminal: Terminal): Promise<string | undefined> {
  if (given === undefined || !/^https?:/i.test(given)) return given;
  const version = await askVersion(given, createCvatClient({ url: given, timeoutMs: 20_000, attempts: 1 }));
  terminal.err(`CVAT ${version} at ${new URL(given).host}`);
  return version;
}
