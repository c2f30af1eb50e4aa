import { createHash } from 'node:crypto';
import type { RgbImage, Segmenter, SegmenterImage } from '@clickmask/core';
import { untilAborted } from '../work/index.js';
import { asReadable } from './as-readable.js';
import type { PictureLoader } from './load-picture.js';
import type { PictureOwner } from './locate.js';

export interface OpenPicture {
  /** Also computes the features of the whole image. Default false. */
  readonly prepare?: boolean;
  /** The features may wait until nobody clicks. Default false. */
  readonly background?: boolean;
  /** Ignores the EXIF orientation. Default false. */
  readonly asStored?: boolean;
  /** Ends this caller's wait. The image is given up if nobody else waits for it. */
  readonly signal?: AbortSignal;
}

/** Images that are open in the segmenter, by their source. */
export interface PictureStore {
  /**
   * Opens an image, or uses the open one, and keeps it open until `work` has ended. Callers that wait for the same
   * image share one fetch.
   *
   * @throws Problem, or ClickmaskError of the segmenter
   */
  use<T>(value: string, owner: PictureOwner, how: OpenPicture, work: (image: SegmenterImage) => Promise<T>): Promise<T>;
  /** Whether the image is open or being loaded. */
  has(value: string, owner: PictureOwner): boolean;
  readonly count: number;
  readonly bytes: number;
  close(): Promise<void>;
}

export interface PictureStoreOptions {
  readonly segmenter: Segmenter;
  readonly loader: PictureLoader;
  /** Budget for the bytes of open images, as files (not decoded). */
  readonly maxBytes: number;
  readonly maxAgeMs: number;
  readonly maxPixels: number;
  readonly now?: () => number;
}

interface Opened {
  readonly image: SegmenterImage;
  /** The segmenter keeps this too. It is needed here to request the features later. */
  readonly source: Uint8Array;
}

interface Entry {
  readonly opened: Promise<Opened>;
  readonly abort: AbortController;
  prepared?: Promise<unknown>;
  /** 0 until the image is loaded. */
  bytes: number;
  users: number;
  readonly at: number;
}

const maxPictures = 2000;

const contentKey = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

export function createPictureStore(options: PictureStoreOptions): PictureStore {
  const { segmenter, loader, maxBytes, maxAgeMs, now = Date.now } = options;
  const entries = new Map<string, Entry>();
  let bytes = 0;

  const nameOf = (value: string, owner: PictureOwner) =>
    createHash('sha256').update(loader.keyOf(value, owner)).digest('hex');

  function drop(name: string, entry: Entry): void {
    if (entries.get(name) !== entry) return;
    entries.delete(name);
    bytes -= entry.bytes;
    if (entry.users === 0) closeImage(entry);
  }

  function leave(name: string, entry: Entry): void {
    // It was dropped while it was in use.
    if (entries.get(name) !== entry) closeImage(entry);
    else if (entry.bytes === 0) {
      entry.abort.abort();
      drop(name, entry);
    }
  }

  function shrink(): void {
    for (const [name, entry] of entries) {
      // The last image stays, however large: it is in use.
      if ((bytes <= maxBytes && entries.size <= maxPictures) || entries.size === 1) break;
      if (entry.bytes > 0) drop(name, entry);
    }
  }

  function begin(name: string, value: string, owner: PictureOwner, how: OpenPicture): Entry {
    const abort = new AbortController();
    // A click that arrives now waits for the image, but not for features that are computed in the background.
    const prepare = how.prepare === true && how.background !== true;
    const opened = openPicture(options, value, owner, { ...how, prepare, signal: abort.signal });
    const prepared = prepare ? opened : undefined;
    const entry: Entry = { opened, abort, prepared, bytes: 0, users: 0, at: now() };
    entries.set(name, entry);
    opened.then(
      ({ source }) => {
        if (entries.get(name) !== entry) return;
        entry.bytes = source.length;
        bytes += source.length;
        shrink();
      },
      // A failure is not kept: the next request tries again.
      () => drop(name, entry),
    );
    return entry;
  }

  return {
    async use(value, owner, how, work) {
      const name = nameOf(value, owner) + (how.asStored === true ? ' as stored' : '');
      let entry = entries.get(name);
      if (entry !== undefined && now() - entry.at > maxAgeMs) {
        drop(name, entry);
        entry = undefined;
      }
      if (entry === undefined) entry = begin(name, value, owner, how);
      else {
        entries.delete(name);
        entries.set(name, entry);
      }
      entry.users++;
      try {
        const { image, source } = await untilAborted(entry.opened, how.signal);
        if (how.prepare === true && how.asStored !== true) {
          entry.prepared ??= prepareFeatures(segmenter, source, how.background === true);
          await untilAborted(entry.prepared, how.signal);
        }
        return await work(image);
      } finally {
        entry.users--;
        if (entry.users === 0) leave(name, entry);
      }
    },
    has(value, owner) {
      try {
        return entries.has(nameOf(value, owner));
      } catch {
        return false;
      }
    },
    get count() {
      return entries.size;
    },
    get bytes() {
      return bytes;
    },
    async close() {
      const all = [...entries.values()];
      entries.clear();
      bytes = 0;
      await Promise.allSettled(all.map((entry) => entry.opened.then(({ image }) => image.close())));
    },
  };
}

/** Fetches an image and opens it in the segmenter. */
async function openPicture(
  { segmenter, loader, maxPixels }: PictureStoreOptions,
  value: string,
  owner: PictureOwner,
  { prepare, asStored, signal }: OpenPicture,
): Promise<Opened> {
  const source = await asReadable(await loader.load(value, owner, signal), maxPixels);
  const key = contentKey(source);
  const image =
    asStored === true
      ? await segmenter.open(await decodeAsStored(source, maxPixels), { key: `${key} as stored`, prepare, signal })
      : await segmenter.open(source, { key, prepare, signal });
  return { image, source };
}

async function prepareFeatures(segmenter: Segmenter, source: Uint8Array, background: boolean): Promise<void> {
  const again = await segmenter.open(source, { key: contentKey(source), prepare: true, background });
  // One of two handles on the same image. The other one keeps it.
  await again.close();
}

function closeImage(entry: Entry): void {
  entry.opened.then(({ image }) => image.close()).catch(() => {});
}

/** Decodes the pixels without the EXIF orientation. */
async function decodeAsStored(bytes: Uint8Array, maxPixels: number): Promise<RgbImage> {
  const { default: sharp } = await import('sharp');
  const { data, info } = await sharp(bytes, { autoOrient: false, limitInputPixels: maxPixels, failOn: 'error' })
    .toColourspace('srgb')
    .flatten({ background: '#fff' })
    .removeAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { width: info.width, height: info.height, data: new Uint8Array(data.buffer, data.byteOffset, data.length) };
}
