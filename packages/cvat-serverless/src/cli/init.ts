import { askVersion, checkBundle, initBundle } from '../bundle/index.js';
import { createCvatClient } from '../client/index.js';
import { replyFormats } from '../replies/index.js';
import { readArguments, readPairs } from './arguments.js';
import { megabytes, type Terminal } from './terminal.js';

export const initHelp = `clickmask-cvat init --out DIR [options]

Writes a folder that nuctl deploys into CVAT as an interactor.

  --out DIR             where to write; made where it is missing
  --model NAME|DIR      clickmask-small (default), or the folder of a model
  --cvat VERSION|URL    your CVAT, such as 2.54 or http://localhost:8080: chooses the smallest reply it reads and the
                        matching nuctl
  --reply FORMAT        ${replyFormats.join(', ')}, in place of what --cvat chooses; default mask, which all read
  --gpu                 deploy with function-gpu.yaml (both files are always written)
  --name ID             id in nuclio and CVAT; default clickmask
  --display-name TEXT   name shown to annotators; default Clickmask
  --env NAME=VALUE      a setting of the function, such as CLICKMASK_SMOOTH=2; may be repeated
  --dependencies HOW    vendor: pack onnxruntime-node and sharp from here (the image is built without npm);
                        npm: install them while the image is built; auto (default): vendor where possible
  --arch ARCH           x64 (default) or arm64: processor of the machine that will run it
  --base-image IMAGE    default node:22-bookworm-slim
  --workers N           processes; default 1
  --max-body MIB        largest request; default 128, about 96 MiB of picture
  --port N              port on the host; default: a free one
  --memory SIZE         limit of the container's memory, such as 1Gi
  --force               replace a function that init wrote there before

Examples:
  npx @clickmask/cvat-serverless init --out clickmask-function --cvat 2.54
  npx @clickmask/cvat-serverless init --out clickmask-function --env CLICKMASK_FILL_HOLES=all --env CLICKMASK_SMOOTH=2`;

export async function init(args: readonly string[], terminal: Terminal): Promise<number> {
  const given = readArguments(args, {
    out: { type: 'string' },
    model: { type: 'string' },
    cvat: { type: 'string' },
    reply: { type: 'string' },
    gpu: { type: 'boolean' },
    name: { type: 'string' },
    'display-name': { type: 'string' },
    env: { type: 'string', multiple: true },
    dependencies: { type: 'string' },
    arch: { type: 'string' },
    'base-image': { type: 'string' },
    workers: { type: 'string' },
    'max-body': { type: 'string' },
    port: { type: 'string' },
    memory: { type: 'string' },
    force: { type: 'boolean' },
  });
  const out = given.text('out') ?? given.positionals[0] ?? given.required('out');
  const report = await initBundle({
    out,
    model: given.text('model'),
    cvat: await readVersion(given.text('cvat'), terminal),
    reply: given.choice('reply', replyFormats),
    gpu: given.flag('gpu'),
    name: given.text('name'),
    displayName: given.text('display-name'),
    env: readPairs('env', given.texts('env')),
    dependencies: given.choice('dependencies', ['auto', 'vendor', 'npm']),
    arch: given.choice('arch', ['x64', 'arm64']),
    baseImage: given.text('base-image'),
    workers: given.number('workers', 1, 64),
    maxBodyMb: given.number('max-body', 1, 380),
    port: given.number('port', 1, 65_535),
    memory: given.text('memory'),
    force: given.flag('force'),
    onProgress: terminal.err,
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
}

/** A version as it is; of an address, what the server there says. */
async function readVersion(given: string | undefined, terminal: Terminal): Promise<string | undefined> {
  if (given === undefined || !/^https?:/i.test(given)) return given;
  const version = await askVersion(given, createCvatClient({ url: given, timeoutMs: 20_000, attempts: 1 }));
  terminal.err(`CVAT ${version} at ${new URL(given).host}`);
  return version;
}
