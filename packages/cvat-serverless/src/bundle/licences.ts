import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ClickmaskError } from '@clickmask/core';
import { ownPackage } from './packages.js';
import type { ArchiveFile } from './tar.js';

/** Licence texts in this package's folder `licences`, for packages that come without one. */
const supplied: Readonly<Record<string, readonly string[]>> = {
  'onnxruntime-node': ['onnxruntime.txt'],
  'onnxruntime-common': ['onnxruntime.txt'],
  '@img/sharp-libvips-linux-x64': ['LGPL-3.0.txt', 'GPL-3.0.txt'],
  '@img/sharp-libvips-linux-arm64': ['LGPL-3.0.txt', 'GPL-3.0.txt'],
};

/** A package in a function's folder. */
export interface ShippedPackage {
  readonly name: string;
  readonly version: string;
  /** SPDX expression. */
  readonly licence: string;
}

/** Finds the packages among the files by their `package.json`. */
export function shippedPackages(files: readonly ArchiveFile[]): ShippedPackage[] {
  return files.flatMap(({ path, data }) => {
    if (!/(^|\/)node_modules\/(@[^/]+\/)?[^/]+\/package\.json$/.test(path)) return [];
    const { name, version, license } = JSON.parse(data.toString()) as Record<string, string>;
    return [{ name, version, licence: license }];
  });
}

/**
 * The licence texts to add for packages that come without one.
 *
 * @throws ClickmaskError `backend-unavailable` for a package without any licence text, because it must not be
 * redistributed
 */
export async function addedLicences(files: readonly ArchiveFile[]): Promise<ArchiveFile[]> {
  const added: ArchiveFile[] = [];
  for (const { name } of shippedPackages(files)) {
    const folder = files.find(({ path }) => path.endsWith(`node_modules/${name}/package.json`))?.path.slice(0, -13);
    if (files.some(({ path }) => path.startsWith(`${folder}/`) && /\/licen[cs]e[^/]*$/i.test(path))) continue;
    const texts = supplied[name];
    if (texts === undefined) {
      throw new ClickmaskError('backend-unavailable', `The package ${name} has no licence text, so it is not packed.`);
    }
    for (const text of texts) {
      added.push({ path: `${folder}/LICENSE-${text}`, data: await readFile(join(ownPackage(), 'licences', text)) });
    }
  }
  return added;
}

/** A software bill of materials of a function's folder, in CycloneDX 1.6. */
export function billOfMaterials(name: string, packages: readonly ShippedPackage[]): string {
  const components = packages.map(({ name: component, version, licence }) => ({
    type: 'library',
    name: component,
    version,
    purl: `pkg:npm/${component.replace('@', '%40')}@${version}`,
    licenses: [{ expression: licence }],
  }));
  const metadata = { component: { type: 'application', name } };
  return `${JSON.stringify({ bomFormat: 'CycloneDX', specVersion: '1.6', version: 1, metadata, components }, null, 2)}\n`;
}
