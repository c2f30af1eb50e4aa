import { isClickmaskError } from '@clickmask/core';
import { pictureFormat, readRegularFile } from '@clickmask/core/adapters';
import { Problem } from '../problems/index.js';
import { isSvg } from './as-readable.js';
import type { DiskCache } from './disk-cache.js';
import type { GuardedFetch } from './guarded-fetch.js';
import { type LocateOptions, locatePicture, type PictureOwner } from './locate.js';

/** Fetches the bytes of an image by its value in the task data. */
export interface PictureLoader {
  /**
   * @returns the bytes, and a name for the memory cache
   * @throws Problem with a reason and advice
   */
  load(value: string, owner: PictureOwner, signal?: AbortSignal): Promise<Uint8Array>;
  /** The name that {@link PictureLoader.load} would give the image, without loading it. */
  keyOf(value: string, owner: PictureOwner): string;
}

export interface PictureLoaderOptions extends Omit<LocateOptions, 'localFiles'> {
  readonly fetch: GuardedFetch;
  readonly disk?: DiskCache;
  readonly maxBytes: number;
  /** Folder of Label Studio's local files, if this machine has it too. */
  readonly localFilesRoot?: string;
}

export function createPictureLoader(options: PictureLoaderOptions): PictureLoader {
  const { fetch, disk, maxBytes, localFilesRoot } = options;
  const locate = { ...options, localFiles: localFilesRoot !== undefined };

  async function fetched(
    { url, fallback, cacheKey }: { readonly url: URL; readonly fallback?: URL; readonly cacheKey: string },
    project: string,
    signal?: AbortSignal,
  ) {
    const known = await disk?.read(cacheKey);
    if (known !== undefined) return known;
    const { bytes, type } = await fetch.get(url, project, signal).catch((error: unknown) => {
      if (fallback !== undefined && error instanceof Problem && error.reason === 'picture-not-found') {
        return fetch.get(fallback, project, signal);
      }
      throw error;
    });
    checkPicture(bytes, type);
    await disk?.write(cacheKey, bytes);
    return bytes;
  }

  return {
    keyOf(value, owner) {
      const place = locatePicture(value, owner, locate);
      return place.kind === 'data' ? place.text : place.cacheKey;
    },
    async load(value, owner, signal) {
      const place = locatePicture(value, owner, locate);
      switch (place.kind) {
        case 'data':
          return decodeDataUrl(place.text, maxBytes);
        case 'local-file': {
          const bytes = await readLocal(localFilesRoot ?? '', place.path, maxBytes);
          if (bytes !== undefined) return bytes;
          const { url, cacheKey } = place;
          if (url !== undefined) return fetched({ url, cacheKey }, owner.project, signal);
          throw new Problem(
            'picture-not-found',
            'Expected the file in the folder of local files, but it is not there.',
          );
        }
        case 'url':
          return fetched(place, owner.project, signal);
      }
    },
  };
}

/** A file below a folder. A path that is not a file, or that leads out of the folder, counts as missing. */
async function readLocal(folder: string, path: string, maxBytes: number): Promise<Uint8Array | undefined> {
  try {
    const bytes = await readRegularFile(path, { maxBytes, inside: folder });
    checkPicture(bytes, '');
    return bytes;
  } catch (cause) {
    if (cause instanceof Problem) throw cause;
    if (cause instanceof RangeError) {
      const message = `Expected a local file of at most ${maxBytes} bytes but ${cause.message}.`;
      throw new Problem('picture-too-large', message, { cause });
    }
    if (isClickmaskError(cause, 'deadline-exceeded')) throw new Problem('picture-too-slow', cause.message, { cause });
    return undefined;
  }
}

function decodeDataUrl(text: string, maxBytes: number): Uint8Array {
  const comma = text.indexOf(',');
  const head = comma === -1 ? '' : text.slice(0, comma);
  if (!/^data:image\/[\w.+-]+(?:;[\w=.-]+)*;base64$/i.test(head)) {
    throw new Problem(
      'picture-unreadable',
      'Expected a data URL of the form data:image/…;base64,… but received another.',
    );
  }
  if ((text.length - comma) * 0.75 > maxBytes + 3) {
    throw new Problem('picture-too-large', `Expected a data URL of at most ${maxBytes} bytes.`);
  }
  const bytes = Buffer.from(text.slice(comma + 1), 'base64');
  checkPicture(bytes, '');
  return bytes;
}

/** Refuses bytes that do not begin like an image. The message says so if they are a web page. */
function checkPicture(bytes: Uint8Array, type: string): void {
  if (pictureFormat(bytes) !== null || isSvg(bytes)) return;
  const start = Buffer.from(bytes.subarray(0, 64)).toString('latin1');
  const page = /^\s*<(?:!doctype|html)/i.test(start) || type.includes('text/html');
  throw new Problem(
    'picture-unreadable',
    page
      ? 'Expected an image but received a web page, perhaps a login form.'
      : `Expected JPEG, PNG, WebP, GIF, TIFF, AVIF, BMP or SVG but received ${bytes.length} bytes of something else.`,
  );
}
