import { existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

const explanations: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file. Check the path and the present folder',
  EISDIR: 'it is a folder, but a file is expected',
  ENOTDIR: 'a part of the path is a file, not a folder',
  EACCES: 'you may not read it. Check its permissions',
  EPERM: 'you may not read it. Check its permissions',
  ENAMETOOLONG: 'the path is too long',
  ERR_FS_FILE_TOO_LARGE: 'it has more than 2 GB',
  ERR_INVALID_ARG_VALUE: 'it is not a path',
};

/** Explains a failed access to a path; undefined for other errors. */
export function explainPathError(error: unknown, path = factsOf(error).path): string | undefined {
  const { code } = factsOf(error);
  const folder = path === undefined ? '' : dirname(resolve(path));
  // Also for a file that was to be written.
  if (code === 'ENOENT' && path !== undefined && !existsSync(folder)) {
    return `Cannot open '${path}': there is no folder '${folder}'.`;
  }
  const explanation = explanations[code ?? ''];
  return explanation === undefined || path === undefined ? undefined : `Cannot read '${path}': ${explanation}.`;
}

/** Explains in a sentence what the operating system refused; undefined for other errors. */
export function explainSystemError(error: unknown): string | undefined {
  const { code, port, address } = factsOf(error);
  if (code === 'EADDRINUSE') return `Another program already listens on port ${port}. Choose another one with --port.`;
  if (code === 'EACCES' && port !== undefined) {
    return `This user may not listen on port ${port}. Choose one above 1023 with --port.`;
  }
  if (code === 'EADDRNOTAVAIL') return `This machine has no address ${address} to listen on. Choose another --host.`;
  return explainPathError(error);
}

interface Facts {
  readonly code?: string;
  readonly path?: string;
  readonly port?: number;
  readonly address?: string;
}

function factsOf(error: unknown): Facts {
  return error instanceof Error ? (error as Facts) : {};
}
