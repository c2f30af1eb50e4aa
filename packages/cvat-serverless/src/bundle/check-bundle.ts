import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { ClickmaskError } from '@clickmask/core';
import { errorText } from '../text/plain.js';
import {
  checkFunctionYaml,
  type Finding,
  type FunctionConfig,
  type FunctionYamlReport,
} from './check-function-yaml.js';
import type { CheckReport } from './check-report.js';
import { tryModel } from './model-files.js';
import { readArchive } from './tar.js';

const again = 'Make the folder again with init.';

/**
 * Checks a function's folder: `function.yaml`, the files, and the integrity of the model and the archive.
 *
 * @throws ClickmaskError `bad-option` if the folder does not exist
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
  if (!existsSync(path)) {
    throw new ClickmaskError('bad-option', `There is no folder ${path}. Make one with init --out ${folder}.`);
  }
  const cpu = await checkDescription(path, 'function.yaml');
  const gpu = existsSync(join(path, 'function-gpu.yaml')) ? await checkDescription(path, 'function-gpu.yaml') : null;
  const findings = [
    ...cpu.findings,
    ...(gpu?.findings.map((one) => ({ ...one, at: `function-gpu.yaml: ${one.at}` })) ?? []),
    ...(await checkPackageJson(path)),
    ...(await checkModel(path)),
    ...(await checkArchive(path)),
  ];
  return { findings, ...(cpu.config === undefined ? {} : { config: cpu.config }) };
}

function missing(folder: string, file: string, advice = again): Finding[] {
  return existsSync(join(folder, file)) ? [] : [{ level: 'error', at: file, message: `Missing. ${advice}` }];
}

/** A description, and the files that it names. */
async function checkDescription(folder: string, name: string): Promise<FunctionYamlReport> {
  const absent = missing(folder, name);
  if (absent.length > 0) return { findings: absent };
  const { findings, config } = checkFunctionYaml(await readFile(join(folder, name), 'utf8'));
  if (config === undefined) return { findings };
  return { findings: [...findings, ...checkNamedFiles(folder, name, config)], config };
}

function checkNamedFiles(folder: string, name: string, { handler, env }: FunctionConfig): Finding[] {
  const findings: Finding[] = [];
  const module = handler.split(':')[0];
  if (!['', '.js', '.cjs', '.mjs'].some((ending) => existsSync(join(folder, `${module}${ending}`)))) {
    findings.push({ level: 'error', at: 'spec.handler', message: `The file ${module}.js is missing. ${again}` });
  }
  const wrapper = env.NUCLIO_NODEJS_WRAPPER_PATH;
  if (wrapper !== undefined) {
    findings.push(...missing(folder, basename(wrapper), `${name} names it in NUCLIO_NODEJS_WRAPPER_PATH. ${again}`));
  }
  return findings;
}

async function checkPackageJson(folder: string): Promise<Finding[]> {
  const at = 'package.json';
  const absent = missing(folder, at);
  if (absent.length > 0) return absent;
  try {
    const { type } = JSON.parse(await readFile(join(folder, at), 'utf8')) as { readonly type?: unknown };
    if (type !== 'module') return [];
    const message =
      "With type module nuclio's own wrapper.js, which is put beside it, does not start. Remove the line.";
    return [{ level: 'error', at, message }];
  } catch {
    return [{ level: 'error', at, message: 'Not valid JSON.' }];
  }
}

/** Everything that the function would refuse at its start. */
async function checkModel(folder: string): Promise<Finding[]> {
  const absent = missing(folder, 'model/model.json');
  if (absent.length > 0) return absent;
  try {
    await tryModel(join(folder, 'model'));
    return [];
  } catch (error) {
    return [{ level: 'error', at: 'model', message: errorText(error) }];
  }
}

async function checkArchive(folder: string): Promise<Finding[]> {
  const at = 'vendor.tgz';
  if (!existsSync(join(folder, at))) return [];
  try {
    const files = readArchive(await readFile(join(folder, at)));
    return ['onnxruntime-node', 'sharp']
      .filter((name) => !files.some(({ path }) => path === `node_modules/${name}/package.json`))
      .map((name) => ({ level: 'error', at, message: `${name} is not in it. ${again}` }));
  } catch (error) {
    return [{ level: 'error', at, message: errorText(error) }];
  }
}
