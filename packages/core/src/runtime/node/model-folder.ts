import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { ClickmaskError, withoutSecrets } from '../../errors/index.js';
import type { ModelFiles } from '../../models/index.js';
import { readRegularFile } from './read-regular-file.js';

/**
 * Name of the embedded model.
 *
 * @example
 * ```ts
 * import { embeddedModel } from '@clickmask/core/node';
 *
 * console.log(embeddedModel); // clickmask-small
 * ```
 */
export const embeddedModel = 'clickmask-small';

/** Maximum size of a file in a model's folder. */
const maxFileBytes = 4 * 2 ** 30;
/** Milliseconds; a large model may be on a slow disk. */
const timeoutMs = 300_000;

/**
 * The folder of a model by name or path: the embedded one, a folder with a `model.json`, or a model that `clickmask
 * models add` has installed.
 *
 * @throws ClickmaskError `model-not-found`
 *
 * @example
 * ```ts
 * import { basename } from 'node:path';
 * import { defaultModelsFolder, findModelFolder } from '@clickmask/core/node';
 *
 * console.log(basename(findModelFolder('clickmask-small', defaultModelsFolder()))); // clickmask-small
 * ```
 */
export function findModelFolder(nameOrPath: string, installed: string): string {
  if (nameOrPath === embeddedModel) {
    try {
      return dirname(createRequire(import.meta.url).resolve('@clickmask/clickmask-small/model.json'));
    } catch (cause) {
      const message = `The embedded model is missing. Install it with: npm install @clickmask/clickmask-small`;
      throw new ClickmaskError('model-not-found', message, { cause });
    }
  }
  if (/^[a-z][\w+.-]*:[\\/]{2}/i.test(nameOrPath)) {
    const message = `Expected the name or the folder of a model but received an address, ${withoutSecrets(nameOrPath)}. Install it first: clickmask models add URL --sha256 HASH.`;
    throw new ClickmaskError('model-not-found', message);
  }
  const tried = [resolve(nameOrPath)];
  if (/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(nameOrPath)) tried.push(join(installed, nameOrPath));
  const found = tried.find((folder) => existsSync(join(folder, 'model.json')));
  if (found !== undefined) return found;
  const message = `No model '${nameOrPath}': there is no model.json in ${tried.join(' nor in ')}. 'clickmask models' lists what is installed.`;
  throw new ClickmaskError('model-not-found', message, { details: { tried } });
}

/** A file in the folder of models, with the name or path of the model that programs use by default. */
export const inUseFile = '.in-use';

/**
 * The model that programs use by default: the one chosen by `clickmask models use`, else the embedded one. Libraries
 * always default to the embedded one: `createSegmenter` looks only at its options.
 *
 * @example
 * ```ts
 * import { createSegmenter, defaultModelsFolder, modelInUse } from '@clickmask/core/node';
 *
 * const segmenter = await createSegmenter({ model: modelInUse(defaultModelsFolder()) });
 * await segmenter.close();
 * ```
 */
export function modelInUse(installed: string): string {
  try {
    return readFileSync(join(installed, inUseFile), 'utf8').trim() || embeddedModel;
  } catch {
    return embeddedModel;
  }
}

/**
 * The files of a model's folder, for `loadModel` and `readManifest`.
 *
 * @example
 * ```ts
 * import { defaultModelsFolder, findModelFolder, folderFiles } from '@clickmask/core/node';
 *
 * const files = folderFiles(findModelFolder('clickmask-small', defaultModelsFolder()));
 * console.log((await files.read('model.json')).length > 0); // true
 * ```
 */
export function folderFiles(folder: string): ModelFiles {
  return {
    location: folder,
    async read(file) {
      try {
        return await readRegularFile(join(folder, file), { maxBytes: maxFileBytes, timeoutMs });
      } catch (cause) {
        const message = `Cannot read ${file} of the model in ${folder}. Install the model again.`;
        throw new ClickmaskError('model-not-found', message, { cause });
      }
    },
  };
}
