import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join, normalize, sep } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { ClickmaskError } from '@clickmask/core';

/** A file of an archive, by its path with forward slashes. */
export interface ArchiveFile {
  readonly path: string;
  readonly data: Buffer;
  readonly executable?: boolean;
}

const BLOCK = 512;

/**
 * Packs files into a gzipped tar archive (ustar). Times and owners are zero, so the same files give the same bytes.
 *
 * @throws ClickmaskError `bad-option` for a path longer than 255 characters
 */
export function packArchive(files: readonly ArchiveFile[]): Buffer {
  const blocks: Buffer[] = [];
  for (const file of files) {
    blocks.push(header(file), file.data);
    const rest = file.data.length % BLOCK;
    if (rest > 0) blocks.push(Buffer.alloc(BLOCK - rest));
  }
  blocks.push(Buffer.alloc(2 * BLOCK));
  return gzipSync(Buffer.concat(blocks), { level: 9 });
}

function header({ path, data, executable = false }: ArchiveFile): Buffer {
  const block = Buffer.alloc(BLOCK);
  const [prefix, name] = splitPath(path);
  const octal = (value: number, at: number, digits: number): void => {
    block.write(value.toString(8).padStart(digits, '0'), at, 'latin1');
  };
  block.write(name, 0, 'utf8');
  octal(executable ? 0o755 : 0o644, 100, 7);
  octal(0, 108, 7);
  octal(0, 116, 7);
  octal(data.length, 124, 11);
  octal(0, 136, 11);
  block.write('        ', 148, 'latin1');
  block.write('0', 156, 'latin1');
  block.write('ustar\u000000', 257, 'latin1');
  block.write(prefix, 345, 'utf8');
  octal(
    block.reduce((sum, byte) => sum + byte, 0),
    148,
    6,
  );
  block[154] = 0;
  return block;
}

/** The format has 100 bytes for the end of a path and 155 for its beginning. */
function splitPath(path: string): [string, string] {
  if (Buffer.byteLength(path) <= 100) return ['', path];
  for (let at = path.indexOf('/'); at !== -1; at = path.indexOf('/', at + 1)) {
    if (Buffer.byteLength(path.slice(at + 1)) <= 100 && Buffer.byteLength(path.slice(0, at)) <= 155) {
      return [path.slice(0, at), path.slice(at + 1)];
    }
  }
  throw new ClickmaskError('bad-option', `The path ${path} is too long for the archive.`);
}

/**
 * The files of a gzipped tar archive.
 *
 * @throws ClickmaskError `bad-format`
 */
export function readArchive(bytes: Buffer): ArchiveFile[] {
  let tar: Buffer;
  try {
    tar = gunzipSync(bytes, { maxOutputLength: 2 ** 30 });
  } catch (cause) {
    throw new ClickmaskError('bad-format', 'The archive is damaged: it cannot be unzipped.', { cause });
  }
  const files: ArchiveFile[] = [];
  for (let at = 0; ; ) {
    const block = tar.subarray(at, at + BLOCK);
    if (block.length < BLOCK) throw new ClickmaskError('bad-format', 'The archive is truncated.');
    if (block[0] === 0) break;
    const size = Number.parseInt(text(block, 124, 12), 8);
    const end = at + BLOCK + size;
    if (!(size >= 0) || end > tar.length)
      throw new ClickmaskError('bad-format', 'The archive is damaged or truncated.');
    const prefix = text(block, 345, 155);
    const path = `${prefix === '' ? '' : `${prefix}/`}${text(block, 0, 100)}`;
    if (block[156] === 0x30 || block[156] === 0) {
      const executable = (Number.parseInt(text(block, 100, 8), 8) & 0o100) !== 0;
      files.push({ path, data: tar.subarray(at + BLOCK, end), executable });
    }
    at = at + BLOCK + Math.ceil(size / BLOCK) * BLOCK;
  }
  return files;
}

/**
 * Writes the files of an archive into a folder.
 *
 * @throws ClickmaskError `bad-format` for a damaged archive or a path that leads out of the folder
 */
export async function unpackArchive(bytes: Buffer, folder: string): Promise<void> {
  for (const file of readArchive(bytes)) {
    const target = join(folder, normalize(file.path));
    if (!target.startsWith(folder.endsWith(sep) ? folder : folder + sep)) {
      throw new ClickmaskError('bad-format', `The archive holds a path that leads out of the folder: ${file.path}.`);
    }
    await mkdir(dirname(target), { recursive: true });
    await writeFile(target, file.data);
    if (file.executable) await chmod(target, 0o755);
  }
}

function text(block: Buffer, at: number, length: number): string {
  const field = block.subarray(at, at + length);
  const end = field.indexOf(0);
  return field.toString('utf8', 0, end === -1 ? length : end).trim();
}
