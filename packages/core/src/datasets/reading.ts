import { ClickmaskError, unexpected } from '../errors/index.js';
import { badFormat, DEFAULT_MAX_PIXELS, readSize } from '../formats/codec.js';
import type { Size } from '../geometry/index.js';
import type { DatasetReadOptions, DatasetSource, KnownPicture } from './dataset.js';

/** Text of a file, as UTF-8, without a byte order mark. */
export async function readText(source: DatasetSource, path: string): Promise<string> {
  return new TextDecoder().decode(await source.read(path));
}

/** @throws ClickmaskError `bad-format` */
export async function readJson(source: DatasetSource, path: string): Promise<unknown> {
  const text = await readText(source, path);
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new ClickmaskError('bad-format', `${path} is no JSON: ${(cause as Error).message}.`, { cause });
  }
}

/** Paths with an extension, such as `.json`, in any case. */
export function withEnding(paths: readonly string[], ending: string): string[] {
  return paths.filter((path) => path.toLowerCase().endsWith(ending));
}

/**
 * The image with this name.
 * @throws ClickmaskError `bad-option` if the caller does not know it
 */
export async function requirePicture(
  format: string,
  name: string,
  { findPicture }: DatasetReadOptions,
): Promise<KnownPicture> {
  const found = await findPicture?.(name);
  if (found !== undefined && found !== null) return found;
  const message = `The size of ${name} is needed, as ${format} does not contain it, but the image was not found.`;
  throw new ClickmaskError('bad-option', `${message} Say where the images are.`, { details: { picture: name } });
}

/** The full name of an image that is known without its extension; unchanged if it is not found. */
export async function fullName(name: string, options: DatasetReadOptions): Promise<string> {
  return (await options.findPicture?.(name))?.name ?? name;
}

/** A size declared by a file. */
export function declaredSize(
  format: string,
  width: unknown,
  height: unknown,
  { maxPixels = DEFAULT_MAX_PIXELS }: DatasetReadOptions,
): Size {
  return readSize(format, width, height, { maxPixels });
}

/** @throws ClickmaskError `bad-format` unless the value is an array */
export function expectArray(format: string, name: string, value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw badFormat(format, name, 'an array', value);
}

/** @throws ClickmaskError `bad-format` unless the value is a text that is not empty */
export function expectText(format: string, name: string, value: unknown): string {
  if (typeof value === 'string' && value !== '') return value;
  throw badFormat(format, name, 'a text', value);
}

/**
 * The only file with an extension.
 * @throws ClickmaskError `bad-format`
 */
export function onlyFile(format: string, paths: readonly string[], what: string): string {
  if (paths.length === 1) return paths[0];
  throw unexpected('bad-format', what, 'one file', paths.length, `${format} holds all images in one.`);
}
