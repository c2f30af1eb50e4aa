import { existsSync } from 'node:fs';
import { cp, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { ClickmaskError } from '@clickmask/core';
import { invokeFunction } from '../client/invoke-function.js';
import { createLocalProcessor, type LocalProcessor } from '../nuclio/index.js';
import { checkFunctionYaml, type Finding, type FunctionConfig } from './check-function-yaml.js';
import { wrapperFile } from './function-yaml.js';
import { tryModel } from './model-files.js';
import { readArchive, unpackArchive } from './tar.js';
import { discPicture } from './test-picture.js';

export interface CheckReport {
  readonly findings: readonly Finding[];
  /** What a running function told and did, where one was tried. */
  readonly run?: {
    readonly model: string;
    readonly readyMs?: number;
    readonly clickMs: readonly number[];
    readonly area: number;
    readonly memoryBytes?: number;
  };
}

/**
 * Checks a function's folder: its description, its files, the model's and the archive's integrity.
 *
 * @throws ClickmaskError `bad-option` where there is no such folder
 *
 * @example
 * ```ts
 * import { mkdtemp } from 'node:fs/promises';
 * import { tmpdir } from 'node:os';
 * import { join } from 'node:path';
 * import { checkBundle } from '@clickmask/cvat-serverless';
 *
 * const { findings } = await checkBundle(await mkdtemp(join(tmpdir(), 'empty-')));
 * console.log(findings[0].level, findings[0].at); // error function.yaml
 * ```
 */
export async function checkBundle(folder: string): Promise<CheckReport> {
  const path = resolve(folder);
  if (!existsSync(path))
    throw new ClickmaskError('bad-option', `There is no folder ${path}. Make one with init --out ${folder}.`);
  const findings: Finding[] = [];
  const missing = (file: string, advice: string): boolean => {
    if (existsSync(join(path, file))) return false;
    findings.push({ level: 'error', at: file, message: `Missing. ${advice}` });
    return true;
  };
  const again = 'Make the folder again with init.';
  for (const name of ['function.yaml', 'function-gpu.yaml']) {
    if (name === 'function.yaml' ? missing(name, again) : !existsSync(join(path, name))) continue;
    const { findings: found, config } = checkFunctionYaml(await readFile(join(path, name), 'utf8'));
    findings.push(...found.map((one) => ({ ...one, at: name === 'function.yaml' ? one.at : `${name}: ${one.at}` })));
    if (config === undefined) continue;
    const handler = config.handler.split(':')[0];
    if (!['', '.js', '.cjs', '.mjs'].some((ending) => existsSync(join(path, `${handler}${ending}`)))) {
      findings.push({
        level: 'error',
        at: `${name}: spec.handler`,
        message: `The file ${handler}.js is missing. ${again}`,
      });
    }
    const wrapper = config.env.NUCLIO_NODEJS_WRAPPER_PATH;
    if (wrapper !== undefined) missing(basename(wrapper), `${name} names it in NUCLIO_NODEJS_WRAPPER_PATH. ${again}`);
  }
  if (!missing('package.json', again)) {
    const manifest = parse(await readFile(join(path, 'package.json'), 'utf8')) as { type?: unknown } | null;
    if (manifest === null) findings.push({ level: 'error', at: 'package.json', message: 'Not valid JSON.' });
    else if (manifest.type === 'module') {
      const message =
        "With type module nuclio's own wrapper.js, which is put beside it, does not start. Remove the line.";
      findings.push({ level: 'error', at: 'package.json', message });
    }
  }
  if (!missing('model/model.json', again)) findings.push(...(await checkModel(path)));
  const archive = join(path, 'vendor.tgz');
  if (existsSync(archive)) {
    try {
      const files = readArchive(await readFile(archive));
      for (const name of ['onnxruntime-node', 'sharp']) {
        if (files.some((file) => file.path === `node_modules/${name}/package.json`)) continue;
        findings.push({ level: 'error', at: 'vendor.tgz', message: `${name} is not in it. ${again}` });
      }
    } catch (error) {
      findings.push({
        level: 'error',
        at: 'vendor.tgz',
        message: error instanceof Error ? error.message : String(error),
      });
    }
  }
  return { findings };
}

/** Whatever the function itself would refuse when it starts. */
async function checkModel(path: string): Promise<Finding[]> {
  try {
    await tryModel(join(path, 'model'));
    return [];
  } catch (error) {
    return [{ level: 'error', at: 'model', message: error instanceof Error ? error.message : String(error) }];
  }
}

function parse(text: string): object | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' ? value : null;
  } catch {
    return null;
  }
}

/** A function's folder at work on this machine. */
export interface RunningBundle {
  readonly processor: LocalProcessor;
  readonly url: string;
  /** The completed copy of the folder, gone after `close`. */
  readonly directory: string;
  /** Milliseconds from the start of the process until it took requests. */
  readonly readyMs: number;
  close(): Promise<void>;
}

export interface RunBundleOptions {
  readonly port?: number;
  readonly host?: string;
  /** Added to, and before, the environment that `function.yaml` gives. */
  readonly env?: Readonly<Record<string, string>>;
  readonly log?: (level: string, message: string) => void;
}

/**
 * Runs a function's folder here, without nuclio and without containers: a copy of it is completed as the image would be,
 * and started behind a processor of the same protocol.
 *
 * @throws ClickmaskError `bad-option`, `backend-failed`, `backend-unavailable`
 *
 * @example
 * ```ts no-run
 * import { initBundle, runBundle } from '@clickmask/cvat-serverless';
 *
 * await initBundle({ out: 'clickmask-function', force: true });
 * const running = await runBundle('clickmask-function', { port: 8080 });
 * console.log(running.url, running.readyMs);
 * await running.close();
 * ```
 */
export async function runBundle(folder: string, options: RunBundleOptions = {}): Promise<RunningBundle> {
  const source = resolve(folder);
  const { config } = checkFunctionYaml(await readFile(join(source, 'function.yaml'), 'utf8'));
  if (config === undefined) throw new ClickmaskError('bad-option', `function.yaml in ${source} is not valid YAML.`);
  const copy = await mkdtemp(join(tmpdir(), 'clickmask-function-'));
  try {
    await cp(source, copy, { recursive: true });
    await complete(copy, config);
    const env = { ...config.env, ...options.env };
    const wrapper = join(copy, basename(env.NUCLIO_NODEJS_WRAPPER_PATH ?? wrapperFile));
    const started = performance.now();
    const processor = await createLocalProcessor({
      directory: copy,
      handler: config.handler,
      wrapper,
      env,
      workers: config.workers,
      eventTimeoutMs: config.eventTimeoutMs,
      maxRequestBodySize: config.maxRequestBodySize,
      log: options.log,
    });
    const readyMs = performance.now() - started;
    const url = await processor.listen(options.port, options.host);
    return {
      processor,
      url,
      directory: copy,
      readyMs,
      async close() {
        await processor.close();
        await rm(copy, { recursive: true, force: true });
      },
    };
  } catch (error) {
    await rm(copy, { recursive: true, force: true });
    throw error;
  }
}

/** Does what the image's build does to the folder, as far as no package registry is needed. */
async function complete(folder: string, config: FunctionConfig): Promise<void> {
  const archive = join(folder, 'vendor.tgz');
  if (existsSync(archive)) {
    await unpackArchive(await readFile(archive), folder);
    await rm(archive);
  } else if (!existsSync(join(folder, 'node_modules')) && config.buildCommands.length > 0) {
    const message = `The folder is not complete: its image is built with "${config.buildCommands.join('; ')}". Run npm install --omit=dev --ignore-scripts in it, or make it with --dependencies vendor.`;
    throw new ClickmaskError('backend-unavailable', message);
  }
}

/**
 * Tries a running function as CVAT would: a picture with a disc, a click into its middle, a second one.
 *
 * @throws ClickmaskError `request-failed`, `bad-format`
 *
 * @example
 * ```ts no-run
 * import { checkFunction } from '@clickmask/cvat-serverless';
 *
 * const { findings, run } = await checkFunction('http://localhost:32001');
 * console.log(findings, run?.model, run?.clickMs);
 * ```
 */
export async function checkFunction(url: string, readyMs?: number): Promise<CheckReport> {
  const findings: Finding[] = [];
  const image = discPicture();
  const clickMs: number[] = [];
  let area = 0;
  for (const positive of [
    [[160, 120]],
    [
      [160, 120],
      [150, 140],
    ],
  ] as [number, number][][]) {
    const started = performance.now();
    const result = await invokeFunction({ url, image, positive });
    clickMs.push(performance.now() - started);
    area = result.area;
  }
  const disc = Math.PI * 60 ** 2;
  if (area === 0) findings.push({ level: 'error', at: url, message: 'The mask of a plain disc is empty.' });
  else if (area < disc / 3 || area > disc * 3) {
    findings.push({
      level: 'warning',
      at: url,
      message: `The mask of a plain disc of ${Math.round(disc)} px has ${area} px.`,
    });
  }
  const response = await fetch(url);
  const info = (response.ok ? await response.json() : {}) as { model?: { model?: string }; memory?: { rss?: number } };
  return {
    findings,
    run: { model: info.model?.model ?? 'unknown', readyMs, clickMs, area, memoryBytes: info.memory?.rss },
  };
}
