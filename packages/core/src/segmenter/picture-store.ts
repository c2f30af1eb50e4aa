import { ClickmaskError } from '../errors/index.js';
import type { Size } from '../geometry/index.js';
import { checkImage, type ReducedImage } from '../image/index.js';
import type { View } from '../models/index.js';
import { createByteLru } from './byte-lru.js';
import type { ImageSource } from './segmenter.js';

/**
 * Converts an encoded file to upright pixels. Provided by the runtime.
 *
 * @param shrink - returns by which factor an image of this size may be reduced; a decoder may ignore it
 */
export type DecodeImage = (
  bytes: Uint8Array,
  maxPixels: number,
  shrink: (size: Size) => number,
) => Promise<ReducedImage>;

/**
 * The reduction factor for an image, along both axes: a power of two. A view of the whole image, or of a large part,
 * would only be slower with more pixels. The factor depends only on the view and the image's size, so features are the
 * same whatever was decoded before.
 */
export type Shrink = number;

/** The pixels of the images in use, within a byte budget. */
export interface PictureStore {
  /** Number of images with a known size, with or without pixels. */
  readonly count: number;
  /** Bytes of pixels. */
  readonly bytes: number;
  /**
   * Decodes an image and keeps its pixels.
   *
   * @param shrink - default: for a view of the whole image
   */
  load(key: string, source: ImageSource, shrink?: Shrink): Promise<Size>;
  /** @throws ClickmaskError `image-not-loaded` */
  sizeOf(key: string): Size;
  /**
   * The pixels from which a view of an image is encoded.
   *
   * @throws ClickmaskError `image-not-loaded`, with the missing `shrink`
   */
  pixelsFor(key: string, view: View): ReducedImage;
  /** Notes on how the image's file was read. */
  notesOf(key: string): readonly string[];
  /** Milliseconds of decoding since the last call. */
  takeDecodeMs(key: string): number;
  forget(key: string): void;
  clear(): void;
}

export interface PictureStoreOptions {
  readonly decodeImage: DecodeImage;
  readonly maxPixels: number;
  /** Maximum bytes of pixels. The image loaded last stays, even if it is larger. */
  readonly budget: number;
  /** Number of pixels of one view that the model can make use of; undefined if it wants all. */
  readonly enough: Size | undefined;
}

/** What is kept of an image besides its pixels. */
interface Known {
  readonly size: Size;
  decodeMs: number;
  readonly reduced: boolean;
  readonly notes: readonly string[];
}

/** A reduced image has at least this many pixels of the view per network pixel, along both axes. */
const leastSurplus = 1.5;

export function createPictureStore({ decodeImage, maxPixels, budget, enough }: PictureStoreOptions): PictureStore {
  const known = new Map<string, Known>();
  const pixels = createByteLru<ReducedImage>(budget);
  // The image loaded last is kept outside the cache, so that one larger than the budget can be used.
  let latest = { key: '', images: new Map<string, ReducedImage>() };
  const nameOf = (key: string, shrink: Shrink) => `${key}\n${shrink}`;
  const find = (key: string) => {
    const found = known.get(key);
    if (found === undefined) throw notLoaded(key);
    return found;
  };

  return {
    get count() {
      return known.size;
    },
    get bytes() {
      let total = pixels.bytes;
      for (const { data } of latest.images.values()) if (data.byteLength > budget) total += data.byteLength;
      return total;
    },

    async load(key, source, shrink) {
      const start = performance.now();
      const wanted = (size: Size) => shrink ?? shrinkFor(size, enough);
      const image: ReducedImage = source instanceof Uint8Array ? await decodeImage(source, maxPixels, wanted) : source;
      checkImage(image, maxPixels);
      const { width, height } = image.full ?? image;
      const before = known.get(key);
      if (before !== undefined && (before.size.width !== width || before.size.height !== height)) {
        const message = `The key '${key}' already names an image of ${before.size.width} x ${before.size.height} px, but this one has ${width} x ${height}. Use a key of its own for every image.`;
        throw new ClickmaskError('bad-image', message);
      }
      const isReduced = image.full !== undefined;
      const decodeMs = (before?.decodeMs ?? 0) + performance.now() - start;
      const { notes = before?.notes ?? [] } = image;
      known.set(key, { size: { width, height }, decodeMs, reduced: isReduced || before?.reduced === true, notes });
      const name = nameOf(key, isReduced ? wanted({ width, height }) : 1);
      pixels.set(name, image, image.data.byteLength);
      if (latest.key !== key) latest = { key, images: new Map() };
      latest.images.set(name, image);
      return { width, height };
    },

    sizeOf: (key) => find(key).size,

    pixelsFor(key, { roi }) {
      const { reduced } = find(key);
      const shrink = reduced ? shrinkFor(roi, enough) : 1;
      const name = nameOf(key, shrink);
      const image = pixels.get(name) ?? latest.images.get(name);
      if (image === undefined) throw notLoaded(key, shrink);
      return image;
    },

    notesOf: (key) => known.get(key)?.notes ?? [],

    takeDecodeMs(key) {
      const found = known.get(key);
      if (found === undefined) return 0;
      const { decodeMs } = found;
      found.decodeMs = 0;
      return decodeMs;
    },

    forget(key) {
      known.delete(key);
      pixels.deletePrefix(`${key}\n`);
      if (latest.key === key) latest.images.clear();
    },

    clear() {
      latest.images.clear();
      pixels.clear();
      known.clear();
    },
  };
}

/** The largest power of two by which an image may shrink and still have enough pixels for a view of this size. */
export function shrinkFor(view: Size, enough: Size | undefined): Shrink {
  if (enough === undefined) return 1;
  const surplus = Math.min(view.width / enough.width, view.height / enough.height) / leastSurplus;
  return surplus < 2 ? 1 : 2 ** Math.floor(Math.log2(surplus));
}

/** @param shrink - left out if nothing is known about the image */
function notLoaded(key: string, shrink?: Shrink): ClickmaskError {
  const message = `The image '${key}' is not loaded, or not any more. Open it again.`;
  return new ClickmaskError('image-not-loaded', message, { details: { shrink } });
}
