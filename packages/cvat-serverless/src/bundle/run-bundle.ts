import { existsSync } from 'node:fs';
import { cp, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { ClickmaskError } from '@clickmask/core';
import { createLocalProcessor, type LocalProcessor } from '../nuclio/index.js';
import { checkFunctionYaml, type FunctionConfig } from './check-function-yaml.js';
import { wrapperFile } from './function-yaml.js';
import { unpackArchive } from './tar.js';

/** A function's folder that is running on this machine. */
export interface RunningBundle {
  readonly processor: LocalProcessor;
  readonly url: string;
  /** The completed copy of the folder. `close` removes it. */
  readonly directory: string;
  /** Milliseconds from the start of the process until it accepted requests. */
  readonly readyMs: number;
  close(): Promise<void>;
}

export interface RunBundleOptions {
  readonly port?: number;
  readonly host?: string;
  /** Environment variables that are added to those of `function.yaml` and override them. */
  readonly env?: Readonly<Record<string, string>>;
  readonly log?: (level: string, message: string) => void;
}

/**
 * Runs a function's folder without nuclio and without containers. It completes a copy of the folder as the image build
 * would, and starts it behind a processor with the same protocol.
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
    const url = await processor.listen(options.port, options.host).catch(async (error: unknown) => {
      await processor.close();
      throw error;
    });
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

/** Does what the image build does with the folder, as far as no package registry is needed. */
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
