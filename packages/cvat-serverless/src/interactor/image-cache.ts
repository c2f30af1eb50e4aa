import { createHash } from 'node:crypto';
import { ClickmaskError, type Segmenter, type SegmenterImage } from '@clickmask/core';
import { createLru } from '@clickmask/core/adapters';
import { type ClickOrder, createClickOrder } from './click-order.js';

/** A frame from an earlier request, with the clicks made on it. */
export interface CachedImage {
  readonly key: string;
  readonly image: SegmenterImage;
  readonly order: ClickOrder;
  /** Bytes of the frame's file, its pixels and its clicks. */
  readonly bytes: number;
}

export interface ImageCache {
  /** Returns the frame of a request. A new frame is opened in the segmenter. */
  open(base64: string | Buffer): Promise<CachedImage>;
  /** Updates the memory count of a frame after clicks were added. */
  recount(frame: CachedImage): void;
  /** Drops a frame that has not produced a mask yet. */
  dropUnused(frame: CachedImage): void;
  readonly size: number;
  readonly bytes: number;
  clear(): void;
}

/** Overhead of the smallest frame: its key, its cache entry, its state in the segmenter. */
const ENTRY_BYTES = 2048;

/**
 * Frames by the hash of their files. A request names neither task nor frame, so only the bytes identify a frame. Known
 * frames skip decoding, even of the base64.
 */
export function createImageCache(segmenter: Segmenter, budget: number): ImageCache {
  const opening = new Map<string, Promise<CachedImage>>();
  const frames = createLru<string, CachedImage>({
    maxBytes: budget,
    // The latest frame stays, however large: the next click is on it.
    sizeOf: ({ bytes }) => Math.min(bytes, budget),
    // Closing frees the segmenter's memory. A running request opens the image again by itself.
    onLeave: ({ image }) => void image.close().catch(() => {}),
  });
  return {
    get size() {
      return frames.size;
    },
    get bytes() {
      return [...frames.entries()].reduce((sum, [, { bytes }]) => sum + bytes, 0);
    },
    recount(frame) {
      // A frame that was evicted meanwhile stays evicted.
      if (frames.peek(frame.key) === frame) frames.set(frame.key, frame);
    },
    async open(base64) {
      const key = createHash('sha256').update(base64).digest('base64url');
      const known = frames.get(key) ?? opening.get(key);
      if (known !== undefined) return known;
      const opened = openFrame(segmenter, key, base64);
      opening.set(key, opened);
      try {
        frames.set(key, await opened);
        return await opened;
      } finally {
        opening.delete(key);
      }
    },
    dropUnused({ key, order }) {
      if (order.empty) frames.delete(key);
    },
    clear: () => frames.clear(),
  };
}

async function openFrame(segmenter: Segmenter, key: string, base64: string | Buffer): Promise<CachedImage> {
  const source = Buffer.from(typeof base64 === 'string' ? base64 : base64.toString('latin1'), 'base64');
  if (source.length === 0) throw new ClickmaskError('bad-image', 'Expected the image in base64 but received no bytes.');
  const image = await segmenter.open(source, { key });
  // The segmenter also keeps decoded pixels, which need far more memory than the file.
  const own = ENTRY_BYTES + source.length + 3 * image.width * image.height;
  const order = createClickOrder();
  return {
    key,
    image,
    order,
    get bytes() {
      return own + order.bytes;
    },
  };
}
