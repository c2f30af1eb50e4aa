import { readFile } from 'node:fs/promises';
import { ClickmaskError } from '../src/errors.js';
import { explainPathError } from '../src/runtime/node/command-line/index.js';
import type { HttpClient } from '../src/runtime/node/http/index.js';

/** Reads files by path, or by address with the guarded HTTP client. */
export interface InputReader {
  /** @throws ClickmaskError `bad-image`, `request-failed`, `deadline-exceeded` */
  read(place: string): Promise<Uint8Array>;
  close(): void;
}

/** A file that cannot be read: exit code 1. */
export class Unreadable extends Error {
  override readonly name = 'Unreadable';
}

/** Whether an input is an address to fetch, and not a path. */
export function isAddress(place: string): boolean {
  return /^https?:\/\//i.test(place);
}

/** @param privateAddresses - whether hosts with private or local addresses are allowed */
export function createInputReader(privateAddresses = false): InputReader {
  let http: HttpClient | undefined;
  return {
    async read(place) {
      if (!isAddress(place)) return readInput(place);
      // Only when asked for, because it brings Node's HTTP and TLS.
      const { createHttpClient } = await import('../src/runtime/node/http/index.js');
      http ??= createHttpClient({ privateAddresses, timeoutMs: 60_000, maxBytes: 512e6 });
      return (await http.download({ url: place })).bytes;
    },
    close: () => http?.close(),
  };
}

/**
 * Reads a file named on the command line.
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

/** Explains a failed access to a path. Other errors stay unchanged. */
export function explainPath(error: unknown, path?: string): unknown {
  const explanation = explainPathError(error, path);
  return explanation === undefined ? error : new Unreadable(explanation);
}

/** An error in printable form: its code, if any, and its message. */
export function toFailure(error: unknown): { readonly code: string; readonly message: string } {
  if (error instanceof ClickmaskError) return { code: error.code, message: error.message };
  if (error instanceof Unreadable) return { code: 'not-found', message: error.message };
  return { code: 'internal', message: error instanceof Error ? error.message : String(error) };
}
