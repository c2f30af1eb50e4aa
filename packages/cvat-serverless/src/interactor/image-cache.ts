import { createHash } from 'node:crypto';
import { ClickmaskError, type RgbImage, type Segmenter, type SegmenterImage } from '@clickmask/core';
import { decodeBmp } from './bmp.js';
import { type ClickOrder, createClickOrder } from './click-order.js';

/** A frame that was sent before, and the clicks made on it. */
export interface CachedImage {
  readonly image: SegmenterImage;
  readonly order: ClickOrder;
}

export interface ImageCache {
  /** The frame of a request; opened in the segmenter when it is new. */
  open(base64: string | Buffer, signal?: AbortSignal): Promise<CachedImage>;
  readonly size: number;
  /** Bytes of the frames' files and pixels. */
  readonly bytes: number;
  clear(): void;
}

interface Entry {
  readonly opened: Promise<CachedImage>;
  /** Of the file, and, once its size is known, of its pixels. */
  bytes: number;
}

/**
 * Frames by the hash of their files. A request names neither task nor frame, so the bytes are all there is to know a frame
 * by. Of a known frame nothing is decoded, not even the base64.
 */
export function createImageCache(segmenter: Segmenter, budget: number): ImageCache {
  const entries = new Map<string, Entry>();
  let bytes = 0;

  const drop = (key: string): void => {
    const entry = entries.get(key);
    if (entry === undefined) return;
    entries.delete(key);
    bytes -= entry.bytes;
    // Closing frees what the segmenter keeps; a request still at work opens the picture again by itself.
    entry.opened.then(({ image }) => image.close()).catch(() => {});
  };

  return {
    get size() {
      return entries.size;
    },
    get bytes() {
      return bytes;
    },
    async open(base64, signal) {
      const key = createHash('sha256')
        .update(typeof base64 === 'string' ? Buffer.from(base64, 'latin1') : base64)
        .digest('base64url');
      const known = entries.get(key);
      if (known !== undefined) {
        entries.delete(key);
        entries.set(key, known);
        return known.opened;
      }
      const source = Buffer.from(typeof base64 === 'string' ? base64 : base64.toString('latin1'), 'base64');
      if (source.length === 0)
        throw new ClickmaskError('bad-image', 'Expected the image in base64 but received no bytes.');
      const picture: Uint8Array | RgbImage = decodeBmp(source) ?? source;
      const opened = segmenter
        .open(picture, { key, signal })
        .then((image): CachedImage => ({ image, order: createClickOrder() }));
      const entry: Entry = { opened, bytes: source.length };
      entries.set(key, entry);
      bytes += entry.bytes;
      try {
        const { image } = await opened;
        // The segmenter keeps decoded pixels too, which take far more memory than the file.
        const pixels = 3 * image.width * image.height;
        if (entries.get(key) === entry) {
          entry.bytes += pixels;
          bytes += pixels;
        }
        for (const oldest of [...entries.keys()]) {
          if (bytes <= budget || oldest === key) break;
          drop(oldest);
        }
        return await opened;
      } catch (error) {
        drop(key);
        throw error;
      }
    },
    clear() {
      for (const key of [...entries.keys()]) drop(key);
    },
  };
}
