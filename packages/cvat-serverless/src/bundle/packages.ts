import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ClickmaskError } from '@clickmask/core';
import type { ArchiveFile } from './tar.js';

export type Architecture = 'x64' | 'arm64';

/** Exact versions of the function's dependencies outside this project. */
export const nativePackages = Object.freeze({ 'onnxruntime-node': '1.30.0', sharp: '0.35.5' });

/** Folder of this package, both from source and from its bundle. */
export function ownPackage(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'package.json'))) folder = dirname(folder);
  return folder;
}

/**
 * Folder of an installed package, resolved from another package as Node does.
 *
 * @throws ClickmaskError `backend-unavailable`
 */
export function findPackage(name: string, from = ownPackage()): string {
  for (let folder = from; ; folder = dirname(folder)) {
    const found = join(folder, 'node_modules', name);
    if (existsSync(join(found, 'package.json'))) return found;
    if (dirname(folder) === folder) break;
  }
  throw new ClickmaskError(
    'backend-unavailable',
    `The package ${name} is not installed. Run npm install, then try again.`,
  );
}

/** The files of a package that a running function needs. `to` is their place in the function's folder. */
interface Selection {
  readonly name: string;
  readonly from?: string;
  readonly keep: (path: string) => boolean;
}

const isCode = (path: string): boolean => !/\.(map|md|ts|mts|cts|tsbuildinfo|txt)$|\.(test|spec)\./.test(path);
const isLicence = (path: string): boolean => /(^|\/)(licen[cs]e|notice|third|versions\.json)[^/]*$/i.test(path);
const keepCode = (path: string): boolean => isCode(path) || isLicence(path);

/** The native packages and their dependencies, for Linux on one architecture. */
function nativeSelections(arch: Architecture): readonly Selection[] {
  const runtime = 'onnxruntime-node';
  const picture = 'sharp';
  return [
    {
      name: runtime,
      keep: (path) =>
        path === 'package.json' ||
        (path.startsWith('dist/') && isCode(path)) ||
        // The providers that `npm install` may add are large, and only for machines with a GPU.
        (path.startsWith(`bin/napi-v6/linux/${arch}/`) && !path.includes('providers')),
    },
    {
      name: 'onnxruntime-common',
      from: runtime,
      keep: (path) =>
        path === 'package.json' || (path.startsWith('dist/cjs/') && (isCode(path) || path.endsWith('json'))),
    },
    { name: picture, keep: (path) => !/^(src|install)\//.test(path) && keepCode(path) },
    { name: '@img/colour', from: picture, keep: keepCode },
    { name: `@img/sharp-linux-${arch}`, from: picture, keep: keepCode },
    {
      name: `@img/sharp-libvips-linux-${arch}`,
      from: picture,
      keep: (path) => !path.includes('glib-2.0') && keepCode(path),
    },
    { name: 'detect-libc', from: picture, keep: keepCode },
    { name: 'semver', from: picture, keep: keepCode },
  ];
}

/** Whether the binaries for Linux on this architecture are installed here. */
export function hasNativePackages(arch: Architecture): boolean {
  try {
    const sharp = findPackage('sharp');
    findPackage(`@img/sharp-linux-${arch}`, sharp);
    findPackage(`@img/sharp-libvips-linux-${arch}`, sharp);
    return existsSync(join(findPackage('onnxruntime-node'), `bin/napi-v6/linux/${arch}/onnxruntime_binding.node`));
  } catch {
    return false;
  }
}

/** The files of the native packages, under `node_modules/`. */
export async function collectNativePackages(arch: Architecture): Promise<ArchiveFile[]> {
  const files: ArchiveFile[] = [];
  for (const { name, from, keep } of nativeSelections(arch)) {
    const folder = findPackage(name, from === undefined ? ownPackage() : findPackage(from));
    files.push(...(await collect(folder, `node_modules/${name}`, keep)));
  }
  return files;
}

/** This project's files that a function runs, under `lib/node_modules/`. */
export async function collectOwnPackages(): Promise<ArchiveFile[]> {
  const own = ownPackage();
  const core = findPackage('@clickmask/core');
  for (const [folder, file] of [
    [own, 'dist/function/function.js'],
    [own, 'dist/wrapper.js'],
    [core, 'dist/node.js'],
    [core, 'dist/runtime/node/worker.js'],
  ]) {
    if (existsSync(join(folder, file))) continue;
    throw new ClickmaskError('backend-unavailable', `${file} is missing. Build the packages first: npm run build.`);
  }
  // All modules except commands and browser code. The wrapper lies in the function's folder itself.
  const isRuntime = (path: string): boolean =>
    path === 'package.json' ||
    path === 'LICENSE' ||
    (/^dist\/.*\.js$/.test(path) &&
      !/^dist\/(bin|cli|bundle|refine|client|nuclio|runtime\/web)\/|^dist\/(web|wrapper)\.js$/.test(path));
  return [
    ...(await collect(core, 'lib/node_modules/@clickmask/core', isRuntime)),
    ...(await collect(own, 'lib/node_modules/@clickmask/cvat-serverless', isRuntime)),
  ];
}

/** Files to keep of a folder and its subfolders, without nested packages. */
export async function collect(folder: string, to: string, keep: (path: string) => boolean): Promise<ArchiveFile[]> {
  const files: ArchiveFile[] = [];
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const full = join(entry.parentPath, entry.name);
    const path = relative(folder, full).split(sep).join('/');
    if (!entry.isFile() || path.startsWith('node_modules/') || !keep(path)) continue;
    files.push({ path: `${to}/${path}`, data: await readFile(full), executable: /\.(node|so[.\d]*)$/.test(path) });
  }
  return files.sort((a, b) => (a.path < b.path ? -1 : 1));
}
