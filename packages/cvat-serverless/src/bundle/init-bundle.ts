import { existsSync } from 'node:fs';
import { lstat, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { ClickmaskError } from '@clickmask/core';
import { unexpected } from '@clickmask/core/errors';
import { readFunctionSettings } from '../function/index.js';
import { withDefaults } from '../options/with-defaults.js';
import { cvatRelease, cvatReleases, isVersion, replyFormatFor } from '../releases/index.js';
import type { ReplyFormat } from '../replies/index.js';
import { deployCommand, writeFolderReadme } from './folder-readme.js';
import { wrapperFile, writeFunctionYaml } from './function-yaml.js';
import { addedLicences, billOfMaterials, shippedPackages } from './licences.js';
import { modelFolder, readModel } from './model-files.js';
import {
  type Architecture,
  collectNativePackages,
  collectOwnPackages,
  hasNativePackages,
  nativePackages,
  ownPackage,
} from './packages.js';
import { type ArchiveFile, packArchive } from './tar.js';

/** Options of {@link initBundle}. All but the folder have a default. */
export interface InitOptions {
  /**
   * Folder to write. It is created if missing, and refused if it holds files, except an earlier function with `force`.
   */
  readonly out: string;
  /** `clickmask-small` (default), or the folder of a model. */
  readonly model?: string;
  /** Prints the commands for a GPU. The folder always contains both descriptions. */
  readonly gpu?: boolean;
  /** Id in nuclio and CVAT. Default `clickmask`. */
  readonly name?: string;
  /** Name shown to annotators. Default `Clickmask`. */
  readonly displayName?: string;
  /** CVAT's version. It decides the form of replies and the nuclio version. Default: any. */
  readonly cvat?: string;
  /** Form of replies, if it should not follow `cvat`. */
  readonly reply?: ReplyFormat;
  /**
   * Source of onnxruntime-node and sharp. `vendor` packs the installed ones, `npm` installs them during the image
   * build, `auto` (default) packs them if this machine has those for the target Linux.
   */
  readonly dependencies?: 'auto' | 'vendor' | 'npm';
  /** Processor architecture of the target machine. Default `x64`. */
  readonly arch?: Architecture;
  /** Base image. Default `node:22-bookworm-slim`. */
  readonly baseImage?: string;
  /** Number of workers. Default 1. */
  readonly workers?: number;
  /** Largest request in MiB. Default 128. */
  readonly maxBodyMb?: number;
  /** Port on the host. Default: nuclio takes a free one. */
  readonly port?: number;
  /** Memory limit of the container, such as `1Gi`. Default: none. */
  readonly memory?: string;
  /** Additional environment variables of the function. */
  readonly env?: Readonly<Record<string, string>>;
  /** Replaces a function written by an earlier run. Default false. */
  readonly force?: boolean;
  readonly onProgress?: (message: string) => void;
}

export interface InitReport {
  readonly folder: string;
  /** Bytes of all files together. */
  readonly bytes: number;
  readonly files: number;
  readonly dependencies: 'vendor' | 'npm';
  readonly reply: ReplyFormat;
  readonly model: string;
  /** The commands to run next. */
  readonly deploy: string;
}

const initDefaults = Object.freeze({
  model: 'clickmask-small',
  gpu: false,
  name: 'clickmask',
  displayName: 'Clickmask',
  dependencies: 'auto',
  arch: 'x64',
  baseImage: 'node:22-bookworm-slim',
  workers: 1,
  maxBodyMb: 128,
  env: {},
  force: false,
  onProgress: () => {},
} as const);

const cudaImage = 'nvidia/cuda:12.8.1-cudnn-runtime-ubuntu22.04';

/**
 * Writes a folder that `nuctl deploy` turns into a CVAT interactor: the function, its wrapper, the model, the native
 * packages, `function.yaml`, `function-gpu.yaml`, and a README with the commands.
 *
 * @throws ClickmaskError `bad-option`, `model-not-found`, `bad-model`, `backend-unavailable`
 *
 * @example
 * ```ts
 * import { mkdtemp } from 'node:fs/promises';
 * import { tmpdir } from 'node:os';
 * import { join } from 'node:path';
 * import { initBundle } from '@clickmask/cvat-serverless';
 *
 * const out = await mkdtemp(join(tmpdir(), 'function-'));
 * const { reply, dependencies } = await initBundle({ out, cvat: '2.54', dependencies: 'npm' });
 * console.log(reply, dependencies); // mask-bounds npm
 * ```
 */
export async function initBundle(options: InitOptions): Promise<InitReport> {
  const settings = settle(options);
  const { folder, reply, onProgress } = settings;
  await checkFolder(folder, settings.force);
  onProgress('Reading the model');
  const model = await readModel(modelFolder(settings.model));
  onProgress('Collecting the function');
  const files = [...(await functionFiles(settings)), ...model.files, ...descriptions(settings, model.title)];
  onProgress(`Writing ${files.length} files`);
  await writeFolder(folder, files);
  const { dependencies, target } = settings;
  return {
    folder,
    bytes: files.reduce((sum, { data }) => sum + data.length, 0),
    files: files.length,
    dependencies,
    reply,
    model: model.title,
    deploy: `nuctl create project cvat --platform local\n${deployCommand(target, options.out)}`,
  };
}

/** Checks the options, fills in defaults, and derives further settings. */
function settle(options: InitOptions) {
  const settings = withDefaults(initDefaults, options);
  checkOptions(settings);
  // A wrong setting would stop the function from starting.
  readFunctionSettings(settings.env);
  const { arch } = settings;
  const packed = hasNativePackages(arch);
  const dependencies = settings.dependencies === 'auto' ? (packed ? 'vendor' : 'npm') : settings.dependencies;
  if (dependencies === 'vendor' && !packed) {
    const message = `The packages for Linux ${arch} are not installed here, so they cannot be packed. Use --dependencies npm, or run this on such a machine.`;
    throw new ClickmaskError('backend-unavailable', message);
  }
  return {
    ...settings,
    dependencies,
    folder: resolve(options.out),
    ...settleCvat(options),
    target: settings.gpu ? 'gpu' : 'cpu',
  } as const;
}

/** Settings that follow from CVAT's version. */
function settleCvat({ cvat, reply }: InitOptions): { readonly reply: ReplyFormat; readonly nuclio: string } {
  if (cvat === undefined) return { reply: reply ?? 'mask', nuclio: cvatReleases[0].nuclio };
  const release = cvatRelease(cvat);
  if (release === null) {
    const what = isVersion(cvat) ? 'no version before 2.3, which reads no masks' : 'a version, such as 2.54.1';
    throw unexpected('bad-option', 'cvat', what, cvat, 'Leave it out for a folder that serves any CVAT.');
  }
  if (reply !== undefined && !release.replies.includes(reply)) {
    throw unexpected('bad-option', 'reply', `${release.replies.join(' or ')}, which CVAT ${cvat} reads,`, reply);
  }
  return { reply: reply ?? replyFormatFor(cvat), nuclio: release.nuclio };
}

type InitSettings = ReturnType<typeof settle>;

/** The code, its packed dependencies, and their licences. */
async function functionFiles({ name, dependencies, arch, onProgress }: InitSettings): Promise<ArchiveFile[]> {
  const own = await collectOwnPackages();
  const files = [
    ...own,
    file(wrapperFile, await readFile(join(ownPackage(), 'dist/wrapper.js'))),
    file('main.js', mainModule),
    file('package.json', packageJson(name)),
  ];
  const licence = join(ownPackage(), 'LICENSE');
  if (existsSync(licence)) files.push(file('LICENSE', await readFile(licence)));
  if (dependencies === 'npm') return files;
  onProgress(`Packing onnxruntime-node and sharp for Linux ${arch}`);
  const native = await collectNativePackages(arch);
  native.push(...(await addedLicences(native)));
  const bill = billOfMaterials(name, [...shippedPackages(own), ...shippedPackages(native)]);
  return [...files, file('vendor.tgz', packArchive(native)), file('sbom.cdx.json', bill)];
}

/** `function.yaml`, `function-gpu.yaml` and the README. */
function descriptions(settings: InitSettings, model: string): ArchiveFile[] {
  const { name, arch, baseImage, dependencies, env, nuclio, reply, target } = settings;
  const common = {
    name,
    displayName: settings.displayName,
    description: `Click-based segmentation on ${model}: positive and negative clicks, optional box`,
    helpMessage: 'Click on the object; right-click on what does not belong to it. Or draw a box around it.',
    workers: settings.workers,
    workersKey: Number(nuclio.split('.')[1]) < 13 ? 'maxWorkers' : 'numWorkers',
    maxBodyMb: settings.maxBodyMb,
    eventTimeoutSeconds: 30,
    port: settings.port,
    memory: settings.memory,
    optionalBox: true,
  } as const;
  const others = ['darwin', 'win32', `linux/${arch === 'x64' ? 'arm64' : 'x64'}`];
  const removeOthers = `rm -rf ${others.map((path) => `node_modules/onnxruntime-node/bin/napi-v6/${path}`).join(' ')}`;
  const install = ['npm install --omit=dev --ignore-scripts --no-audit --no-fund', removeOthers];
  const cpu = writeFunctionYaml({
    ...common,
    target: 'cpu',
    baseImage,
    preCopy: [],
    buildCommands: dependencies === 'vendor' ? ['tar -xzf vendor.tgz', 'rm vendor.tgz'] : install,
    env: { CLICKMASK_REPLY: reply, ...env },
  });
  const nodeImage = baseImage.startsWith('node:') ? baseImage : initDefaults.baseImage;
  const gpu = writeFunctionYaml({
    ...common,
    target: 'gpu',
    baseImage: cudaImage,
    preCopy: ['bin/node', 'lib/node_modules'].map((path) => {
      return { kind: 'COPY', value: `--from=${nodeImage} /usr/local/${path} /usr/local/${path}` };
    }),
    buildCommands: [
      'rm -f vendor.tgz',
      'ONNXRUNTIME_NODE_INSTALL=cuda12 node /usr/local/lib/node_modules/npm/bin/npm-cli.js install --omit=dev --no-audit --no-fund',
      removeOthers,
    ],
    env: { CLICKMASK_REPLY: reply, CLICKMASK_PROVIDER: 'cuda', ...env },
  });
  const readme = writeFolderReadme({ name, model, reply, dependencies, arch, nuclio, target });
  return [file('function.yaml', cpu), file('function-gpu.yaml', gpu), file('README.md', readme)];
}

async function writeFolder(folder: string, files: readonly ArchiveFile[]): Promise<void> {
  // Before anything is removed.
  for (const { path } of files) {
    const found = path.includes('/') ? null : await lstat(join(folder, path)).catch(() => null);
    if (found?.isDirectory() !== true) continue;
    const message = `Expected a file or nothing at ${path} but ${folder} has a folder there. Choose another folder.`;
    throw new ClickmaskError('bad-option', message);
  }
  // Files left by an earlier run would be deployed too.
  for (const part of ['lib', 'model', 'vendor.tgz', 'sbom.cdx.json']) {
    await rm(join(folder, part), { recursive: true, force: true });
  }
  for (const { path, data } of files) {
    const full = join(folder, path);
    await mkdir(dirname(full), { recursive: true });
    // Writing through a link would change whatever it points to.
    await rm(full, { force: true });
    await writeFile(full, data, { flag: 'wx' });
  }
}

/** Only an earlier function may be replaced: many folders are called `lib` or `model`. */
async function checkFolder(folder: string, force: boolean): Promise<void> {
  if (!existsSync(folder) && (await lstat(folder).catch(() => null)) !== null) {
    throw new ClickmaskError('bad-option', `${folder} is a link that leads nowhere. Choose another folder.`);
  }
  const found = existsSync(folder) ? await readdir(folder) : [];
  if (found.length === 0) return;
  if (!force) {
    const message = `${folder} is not empty. Choose another folder, or overwrite an earlier function with --force.`;
    throw new ClickmaskError('bad-option', message);
  }
  if ([wrapperFile, 'function.yaml'].every((name) => found.includes(name))) return;
  const message = `Expected --force to overwrite an earlier function, but ${folder} holds other files and not both ${wrapperFile} and function.yaml. Choose another folder, or empty this one.`;
  throw new ClickmaskError('bad-option', message);
}

function file(path: string, data: string | Buffer): ArchiveFile {
  return { path, data: Buffer.from(data) };
}

function checkOptions(options: {
  readonly name: string;
  readonly arch: string;
  readonly workers: number;
  readonly maxBodyMb: number;
  readonly port?: number;
}): void {
  const { name, arch, workers, maxBodyMb, port } = options;
  if (!/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(name)) {
    throw unexpected('bad-option', 'name', '1 to 63 lower-case letters, digits and hyphens', name);
  }
  if (arch !== 'x64' && arch !== 'arm64') throw unexpected('bad-option', 'arch', 'x64 or arm64', arch);
  const whole = (option: string, value: number, min: number, max: number): void => {
    if (!Number.isInteger(value) || value < min || value > max) {
      throw unexpected('bad-option', option, `a whole number from ${min} to ${max}`, value);
    }
  };
  whole('workers', workers, 1, 64);
  whole('maxBodyMb', maxBodyMb, 1, 380);
  if (port !== undefined) whole('port', port, 1, 65_535);
}

/** CommonJS, because nuclio's own wrapper uses require(). Both wrappers wait for exports that are set later. */
const mainModule = `'use strict';
const { join } = require('node:path');
const { pathToFileURL } = require('node:url');

process.env.CLICKMASK_MODEL ||= join(__dirname, 'model');
const entry = join(__dirname, 'lib/node_modules/@clickmask/cvat-serverless/dist/function/function.js');
import(pathToFileURL(entry).href).then(
  (loaded) => {
    exports.initContext = loaded.initContext;
    exports.closeContext = loaded.closeContext;
    exports.handler = loaded.handler;
  },
  (error) => {
    console.error('The function cannot be loaded:', error);
    process.exit(1);
  },
);
`;

function packageJson(name: string): string {
  const content = { name, version: '1.0.0', private: true, type: 'commonjs', dependencies: nativePackages };
  return `${JSON.stringify(content, null, 2)}\n`;
}
