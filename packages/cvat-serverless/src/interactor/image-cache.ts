import { createHash } from 'node:crypto';
import { ClickmaskError, type Segmenter, type SegmenterImage } from '@clickmask/core';
import { createLru } from '@clickmask/core/adapters';
import { type ClickOrder, createClickOrder } from './click-order.js';

/** A frame that was sent before, and the clicks made on it. */
export interface CachedImage {
  readonly key: string;
  readonly image: SegmenterImage;
  readonly order: ClickOrder;
  /** Bytes of the frame's file, its pixels and its clicks. */
  readonly bytes: number;
}

export interface ImageCache {
  /** The frame of a request, opened in the segmenter when it is new. */
  open(base64: string | Buffer): Promise<CachedImage>;
  /** Counts again what a frame takes, once clicks were added. */
  recount(frame: CachedImage): void;
  /** Lets a frame go on which nobody has got a mask yet. */
  dropUnused(frame: CachedImage): void;
  readonly size: number;
  readonly bytes: number;
  clear(): void;
}

/** What the tiniest frame takes: its key, its place in the cache, its state in the segmenter. */
const ENTRY_BYTES = 2048;

/**
 * Frames by the hash of their files. A request names neither task nor frame, so the bytes are all there is to know a frame
 * by. Of a known frame nothing is decoded, not even the base64.
 */
export function createImageCache(segmenter: Segmenter, budget: number): ImageCache {
  const opening = new Map<string, Promise<CachedImage>>();
  const frames = createLru<string, CachedImage>({
    maxBytes: budget,
    // The latest frame stays, however large it is: the next click is made on it.
    sizeOf: ({ bytes }) => Math.min(bytes, budget),
    // Closing frees what the segmenter keeps; a request still at work opens the image again by itself.
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
      // One that was pushed out meanwhile stays out.
      if (frames.peek(frame.key) === frame) frames.set(frame.key, frame);
    },
    async open(base64) {
      const key = createHash('sha256').update(bytesOf(base64)).digest('base64url');
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
  // The segmenter keeps decoded pixels too, which take far more memory than the file.
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

const bytesOf = (base64: string | Buffer): Buffer =>
  typeof base64 === 'string' ? Buffer.from(base64, 'latin1') : base64;
