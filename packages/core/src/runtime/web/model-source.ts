import { ClickmaskError, messageOf, unexpected, withoutSecrets } from '../../errors/index.js';
import { type ModelFiles, sha256 } from '../../models/index.js';

/** One file of a model: its address, or the file itself. */
export type ModelFile = string | URL | Blob | Uint8Array;

/**
 * Source of a model: the address of its folder, its files by name (`model.json` and the graphs), or files picked by a
 * user.
 */
export type ModelSource = string | URL | Readonly<Record<string, ModelFile>> | readonly File[];

/** A model's source in a form for a worker: absolute addresses, or the files themselves. */
export type PortableSource =
  | { readonly kind: 'folder'; readonly address: string }
  | { readonly kind: 'files'; readonly files: Readonly<Record<string, string | Blob | Uint8Array>> };

export interface DownloadProgress {
  readonly file: string;
  readonly loaded: number;
  /** Null if the server does not say. */
  readonly total: number | null;
  /** Progress of the whole model, 0 to 1. */
  readonly fraction: number;
}

export interface ModelFilesOptions {
  /** Keeps downloaded files in the browser's Cache API, by content. Default true. */
  readonly cache?: boolean;
  readonly onProgress?: (progress: DownloadProgress) => void;
}

const cacheName = 'clickmask-models-1';
const manifestName = 'model.json';

/** @throws ClickmaskError `bad-option` */
export function portableSource(source: ModelSource, base: string): PortableSource {
  if (typeof source === 'string' || source instanceof URL) {
    const address = addressOf(source, base);
    return { kind: 'folder', address: address.endsWith('/') ? address : `${address}/` };
  }
  if (typeof source !== 'object' || source === null) {
    throw unexpected('bad-option', 'model', "the address of a model's folder, or its files", source);
  }
  const entries: [string, ModelFile][] = Array.isArray(source)
    ? (source as readonly File[]).map((file) => [file.name, file])
    : Object.entries(source as Readonly<Record<string, ModelFile>>);
  const files = Object.fromEntries(
    entries.map(([name, file]) => [
      name,
      typeof file === 'string' || file instanceof URL ? addressOf(file, base) : file,
    ]),
  );
  if (files[manifestName] === undefined) {
    const names = entries.map(([name]) => name).join(', ');
    throw new ClickmaskError(
      'model-not-found',
      `Expected a ${manifestName} among the model's files but received ${names || 'none'}.`,
    );
  }
  return { kind: 'files', files };
}

function addressOf(given: string | URL, base: string): string {
  try {
    return new URL(given, base).href;
  } catch {
    throw unexpected('bad-option', 'model', "the address of a model's folder, or of its files", given);
  }
}

/**
 * The files of a model, downloaded if they are addresses. Graphs are cached under the SHA-256 in the manifest, so they
 * are never stale. The manifest is fetched each time, and taken from the cache if the network is down. The reader
 * checks the bytes.
 */
export function webModelFiles(source: PortableSource, options: ModelFilesOptions = {}): ModelFiles {
  const location = source.kind === 'folder' ? withoutSecrets(source.address) : 'the given files';
  const hashes = new Map<string, { readonly sha256: string; readonly bytes: number }>();
  const arrived = new Map<string, number>();
  const report = (file: string, loaded: number, total: number | null) => {
    // The manifest is small, and gives the total size.
    if (file !== manifestName) arrived.set(file, loaded);
    const sum = (values: Iterable<number>) => [...values].reduce((a, b) => a + b, 0);
    const whole = sum([...hashes.values()].map(({ bytes }) => bytes));
    options.onProgress?.({
      file,
      loaded,
      total,
      fraction: whole === 0 ? 0 : Math.min(1, sum(arrived.values()) / whole),
    });
  };
  const find = (name: string): string | Blob | Uint8Array => {
    if (source.kind === 'folder') return new URL(encodeURI(name), source.address).href;
    const file = source.files[name];
    if (file === undefined) throw notFound(name, location, undefined);
    return file;
  };

  const readManifest = async (file: string): Promise<Uint8Array> => {
    const store = await openCache(options);
    try {
      const bytes = await download(file, manifestName, null, report);
      await keep(store, file, bytes);
      return bytes;
    } catch (error) {
      const kept = await store?.match(file).catch(() => undefined);
      if (kept === undefined) throw error;
      return new Uint8Array(await kept.arrayBuffer());
    }
  };

  return {
    location,
    async read(name) {
      const file = find(name);
      if (file instanceof Uint8Array) return remember(name, file);
      if (file instanceof Blob) return remember(name, new Uint8Array(await file.arrayBuffer()));
      if (name === manifestName) return remember(name, await readManifest(file));
      const known = hashes.get(name);
      const store = known === undefined ? null : await openCache(options);
      const key = `/clickmask-models/${known?.sha256}`;
      const kept = await store?.match(key).catch(() => undefined);
      if (kept !== undefined && known !== undefined) {
        const bytes = new Uint8Array(await kept.arrayBuffer());
        if (bytes.length === known.bytes && (await sha256(bytes)) === known.sha256) {
          report(name, bytes.length, bytes.length);
          return bytes;
        }
        await store?.delete(key).catch(() => false);
      }
      const bytes = await download(file, name, known?.bytes ?? null, report);
      if (known !== undefined && bytes.length === known.bytes) await keep(store, key, bytes);
      return bytes;
    },
  };

  /** Learns the graphs' sizes and hashes from the manifest. */
  function remember(name: string, bytes: Uint8Array): Uint8Array {
    if (name !== manifestName) return bytes;
    try {
      const { graphs } = JSON.parse(new TextDecoder().decode(bytes)) as {
        graphs: Record<string, { file: string; sha256: string; bytes: number }>;
      };
      for (const { file, sha256, bytes: size } of Object.values(graphs)) hashes.set(file, { sha256, bytes: size });
    } catch {
      // The manifest's own reader reports what is wrong with it.
    }
    return bytes;
  }
}

/** Maximum bytes of a file of unknown size. */
const maxFileBytes = 2 ** 30;
const maxManifestBytes = 2 ** 20;

/** The cache, or null: insecure origins have none, and private windows may refuse it. */
async function openCache({ cache = true }: ModelFilesOptions): Promise<Cache | null> {
  try {
    return cache && globalThis.caches !== undefined ? await globalThis.caches.open(cacheName) : null;
  } catch {
    return null;
  }
}

async function keep(store: Cache | null, key: string, bytes: Uint8Array): Promise<void> {
  // With a full disk, the file is downloaded again next time.
  await store?.put(key, new Response(bytes as Uint8Array<ArrayBuffer>)).catch(() => {});
}

async function download(
  address: string,
  name: string,
  expected: number | null,
  report: (file: string, loaded: number, total: number | null) => void,
): Promise<Uint8Array> {
  let response: Response;
  try {
    response = await fetch(address);
  } catch (cause) {
    throw notFound(name, address, cause);
  }
  if (!response.ok) throw notFound(name, address, new Error(`the server answered ${response.status}`));
  const total = expected ?? (Number(response.headers.get('content-length')) || null);
  if (response.body === null) return new Uint8Array(await response.arrayBuffer());
  // The announced size is not trusted: the array grows with the received bytes.
  let bytes = new Uint8Array(Math.min(total ?? 1 << 16, 16 * 2 ** 20));
  let loaded = 0;
  const reader = response.body.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      const most = expected ?? (name === manifestName ? maxManifestBytes : maxFileBytes);
      if (loaded + value.length > most) {
        await reader.cancel();
        const message = `Expected ${expected === null ? 'at most ' : ''}${most} bytes in ${name} at ${withoutSecrets(address)} but there are more. The file is of another version: install the model again.`;
        throw new ClickmaskError('bad-model', message, { details: { file: name } });
      }
      if (loaded + value.length > bytes.length) {
        const grown = new Uint8Array(Math.max(bytes.length * 2, loaded + value.length));
        grown.set(bytes);
        bytes = grown;
      }
      bytes.set(value, loaded);
      loaded += value.length;
      report(name, loaded, total);
    }
  } catch (cause) {
    if (cause instanceof ClickmaskError) throw cause;
    throw notFound(name, address, cause);
  }
  return bytes.subarray(0, loaded);
}

function notFound(name: string, location: string, cause: unknown): ClickmaskError {
  // Browsers repeat an address that they refuse, its password too.
  const why = cause === undefined ? '' : ` (${withoutSecrets(messageOf(cause))})`;
  const message = `Cannot read ${name} of the model at ${withoutSecrets(location)}${why}. Check the address and that its server allows this page to read it (CORS).`;
  return new ClickmaskError('model-not-found', message, { cause });
}
