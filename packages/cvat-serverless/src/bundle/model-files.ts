import { lstat, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { families, loadModel, readManifest } from '@clickmask/core/models';
import {
  createOnnxNodeBackend,
  defaultModelsFolder,
  embeddedModel,
  findModelFolder,
  folderFiles,
} from '@clickmask/core/node';
import { findPackage } from './packages.js';
import type { ArchiveFile } from './tar.js';

/** A model's files for a function's folder. */
export interface ModelContent {
  /** Name and version. */
  readonly title: string;
  readonly files: readonly ArchiveFile[];
}

/** Texts in a model's folder that belong to the model. */
const texts = /^(licen[cs]e|notice|model_card|readme)[\w.-]*$/i;

/**
 * The folder of the model that the user names.
 *
 * @throws ClickmaskError `model-not-found`
 */
export function modelFolder(model: string): string {
  return model === embeddedModel
    ? findPackage('@clickmask/clickmask-small')
    : findModelFolder(model, defaultModelsFolder());
}

/**
 * The files that a model's manifest names, and the texts beside them. Other files of the folder stay there. The model
 * is loaded first, so a model that the deployed function would refuse is refused here.
 *
 * @throws ClickmaskError `model-not-found`, `bad-model`
 */
export async function readModel(folder: string): Promise<ModelContent> {
  const source = folderFiles(folder);
  const manifest = await readManifest(source);
  await tryModel(folder);
  const graphs = Object.values(manifest.graphs).map(({ file }) => file);
  const files = [
    ...(await Promise.all(
      ['model.json', ...graphs].map(async (name) => ({
        path: `model/${name}`,
        data: Buffer.from(await source.read(name)),
      })),
    )),
    ...(await modelTexts(folder)),
  ];
  return { title: `${manifest.name} ${manifest.version}`, files };
}

/**
 * Loads a model as the deployed function would, and closes it.
 *
 * @throws ClickmaskError `model-not-found`, `bad-model`
 */
export async function tryModel(folder: string): Promise<void> {
  const backend = await createOnnxNodeBackend();
  const handle = await loadModel(folderFiles(folder), { backend, families, providers: ['cpu'], threads: 1 });
  await handle.dispose();
}

async function modelTexts(folder: string): Promise<ArchiveFile[]> {
  const files: ArchiveFile[] = [];
  for (const name of (await readdir(folder)).filter((one) => texts.test(one)).sort()) {
    // A link may lead out of the folder.
    if (!(await lstat(join(folder, name))).isFile()) continue;
    files.push({ path: `model/${name}`, data: await readFile(join(folder, name)) });
  }
  return files;
}
