import { readFile } from 'node:fs/promises';
import { ClickmaskError } from '../src/errors.js';
import { createHttpClient, type HttpClient } from '../src/runtime/node/http/index.js';

/** Reads files by path, and by address over the guarded HTTP client. */
export interface InputReader {
  /** @throws ClickmaskError `bad-image`, `request-failed`, `deadline-exceeded` */
  read(place: string): Promise<Uint8Array>;
  close(): void;
}

/** A file cannot be read: exit code 1. */
export class Unreadable extends Error {
  override readonly name = 'Unreadable';
}

/** Whether a place is an address that is fetched, rather than a path. */
export function isAddress(place: string): boolean {
  return /^https?:\/\//i.test(place);
}

/** @param privateAddresses - whether hosts with private or local addresses are asked too */
export function createInputReader(privateAddresses = false): InputReader {
  let http: HttpClient | undefined;
  return {
    async read(place) {
      if (!isAddress(place)) return readInput(place);
      http ??= createHttpClient({ privateAddresses, timeoutMs: 60_000, maxBytes: 512e6 });
      return (await http.download({ url: place })).bytes;
    },
    close: () => http?.close(),
  };
}

/**
 * Reads a file that the command line names.
 *
 * @throws Unreadable that says what is wrong with the path
 */
export async function readInput(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (error) {
    throw explainPath(error, path);
  }
}

const explanations: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file. Check the path and the folder that you are in',
  EISDIR: 'it is a folder, but one file is wanted',
  ENOTDIR: 'a part of the path is a file, not a folder',
  EACCES: 'you may not read it. Check its permissions',
  EPERM: 'you may not read it. Check its permissions',
  ENAMETOOLONG: 'the path is too long',
  ERR_FS_FILE_TOO_LARGE: 'it has more than 2 GB',
  ERR_INVALID_ARG_VALUE: 'it is no path',
};

/** What a failed access to a path means; other errors stay as they are. */
export function explainPath(error: unknown, path = pathOf(error)): unknown {
  const code = error instanceof Error && path !== undefined && 'code' in error ? String(error.code) : '';
  const explanation = explanations[code];
  return explanation === undefined ? error : new Unreadable(`Cannot read '${path}': ${explanation}.`);
}

function pathOf(error: unknown): string | undefined {
  return error instanceof Error && 'path' in error && typeof error.path === 'string' ? error.path : undefined;
}

/** An error as a program may print it: its code where it has one, and its message. */
export function toFailure(error: unknown): { readonly code: string; readonly message: string } {
  if (error instanceof ClickmaskError) return { code: error.code, message: error.message };
  if (error instanceof Unreadable) return { code: 'not-found', message: error.message };
  return { code: 'internal', message: error instanceof Error ? error.message : String(error) };
}
