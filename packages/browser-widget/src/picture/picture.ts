import { ClickmaskError, type ImageSource, rgbFromRgba } from '@clickmask/core';
import { unexpected } from '@clickmask/core/errors';
import { pictureFormat } from '@clickmask/core/web';

/**
 * The forms in which an image can be given. An `<img>` is fetched again by its address, because pixels of other sites
 * cannot be read.
 */
export type PictureSource =
  | string
  | URL
  | Blob
  | Uint8Array
  | HTMLImageElement
  | HTMLCanvasElement
  | ImageBitmap
  | ImageData;

/** An image ready to be shown and segmented. */
export interface Picture {
  /** Upright size in px. */
  readonly width: number;
  readonly height: number;
  /** The image and smaller copies of it, each half the size of the one before. The first is the full size. */
  readonly levels: readonly ImageBitmap[];
  /** The form given to the segmenter. */
  readonly source: ImageSource;
  /** The image's name in the caches; null if the segmenter should name it. */
  readonly key: string | null;
  dispose(): void;
}

export interface LoadPictureOptions {
  /** Largest accepted file, in bytes. Default 128 MB. */
  readonly maxBytes?: number;
  /** Largest accepted image, in pixels. Default 64 million. */
  readonly maxPixels?: number;
  readonly onProgress?: (loaded: number, total: number | null) => void;
  readonly signal?: AbortSignal;
}

export const pictureLimits = Object.freeze({ maxBytes: 128 * 2 ** 20, maxPixels: 64_000_000 });

/**
 * Loads an image for display and for the segmenter.
 *
 * @throws ClickmaskError `bad-image`, `unsupported-image`, `image-too-large`, `aborted`
 */
export async function loadPicture(source: PictureSource, options: LoadPictureOptions = {}): Promise<Picture> {
  const { maxPixels = pictureLimits.maxPixels } = options;
  if (typeof source === 'string' || source instanceof URL)
    return fromBytes(await fetchBytes(String(source), options), options);
  if (source instanceof Uint8Array) return fromBytes(source, options);
  if (source instanceof Blob) {
    checkBytes(source.size, options);
    return fromBytes(new Uint8Array(await source.arrayBuffer()), options);
  }
  if (typeof HTMLImageElement !== 'undefined' && source instanceof HTMLImageElement) {
    const address = source.currentSrc || source.src;
    if (address === '') throw unexpected('bad-image', 'the image', 'an <img> with an address', address);
    return fromBytes(await fetchBytes(address, options), options);
  }
  const drawn = source as HTMLCanvasElement | ImageBitmap | ImageData;
  if (!(drawn?.width >= 1 && drawn.height >= 1)) throw noPicture(source);
  checkPixels(drawn.width, drawn.height, maxPixels);
  const pixels = drawn instanceof ImageData ? drawn : readPixels(drawn);
  const whole = await createImageBitmap(pixels).catch(() => {
    throw noPicture(source);
  });
  return finish(whole, rgbFromRgba(pixels), null);
}

function noPicture(source: unknown): ClickmaskError {
  return unexpected('bad-image', 'the image', 'an address, a file, bytes, an image or a canvas', source);
}

async function fromBytes(bytes: Uint8Array, options: LoadPictureOptions): Promise<Picture> {
  const { maxPixels = pictureLimits.maxPixels, signal } = options;
  checkBytes(bytes.length, options);
  let whole: ImageBitmap;
  try {
    whole = await createImageBitmap(new Blob([bytes as Uint8Array<ArrayBuffer>]), { imageOrientation: 'from-image' });
  } catch (cause) {
    throw new ClickmaskError('unsupported-image', whyUnreadable(bytes), { cause });
  }
  if (signal?.aborted === true) {
    whole.close();
    throw new ClickmaskError('aborted', 'Loading the image was aborted.');
  }
  try {
    checkPixels(whole.width, whole.height, maxPixels);
    checkSides(whole.width, whole.height);
  } catch (error) {
    whole.close();
    throw error;
  }
  return finish(whole, bytes, null);
}

async function finish(whole: ImageBitmap, source: ImageSource, key: string | null): Promise<Picture> {
  const levels = [whole];
  // Small copies make a large image cheap to draw. The browser makes them off the main thread.
  for (let last = whole; Math.max(last.width, last.height) > 2048; ) {
    last = await createImageBitmap(last, {
      resizeWidth: Math.ceil(last.width / 2),
      resizeHeight: Math.ceil(last.height / 2),
      resizeQuality: 'medium',
    });
    levels.push(last);
  }
  return {
    width: whole.width,
    height: whole.height,
    levels,
    source,
    key,
    dispose() {
      for (const level of levels) level.close();
    },
  };
}

/** Why this browser cannot read the bytes as an image, and what to do. */
function whyUnreadable(bytes: Uint8Array): string {
  if (bytes.length === 0) return 'The image is empty: its file has no bytes. Save or download it again.';
  const format = pictureFormat(bytes);
  const readable = 'Browsers read JPEG, PNG, WebP, AVIF, GIF and BMP';
  if (format === 'tiff' || format === 'heif') {
    return `The image is a ${format.toUpperCase()} file, which this browser cannot read. ${readable}: convert it, or compute on a server and show a preview.`;
  }
  if (format !== null)
    return `The image is a damaged ${format.toUpperCase()} file, or one cut short. Save or download it again.`;
  const beginning = new TextDecoder().decode(bytes.subarray(0, 256)).trimStart().toLowerCase();
  if (/^<(!doctype html|html|head|body|script)/.test(beginning)) {
    return 'The address returned a web page instead of an image, perhaps a login page or an error page.';
  }
  return `Expected an image but the bytes are of no known format. ${readable}.`;
}

/** A canvas size that every browser can hold. */
const safeSide = 8192;

/**
 * A canvas that is too wide stays black without an error. A test canvas of that width and one row shows whether it
 * works.
 */
function checkSides(width: number, height: number): void {
  const side = Math.max(width, height);
  if (side <= safeSide || canHold(side)) return;
  const expected = 'sides that a canvas of this browser can hold';
  throw unexpected(
    'image-too-large',
    'the image',
    expected,
    `${width} x ${height}`,
    'Cut it into tiles, or scale it down.',
  );
}

function canHold(side: number): boolean {
  try {
    const context = new OffscreenCanvas(side, 1).getContext('2d');
    context?.fillRect(side - 1, 0, 1, 1);
    return context?.getImageData(side - 1, 0, 1, 1).data[3] === 255;
  } catch {
    return false;
  }
}

function readPixels(drawn: HTMLCanvasElement | ImageBitmap): ImageData {
  const canvas = document.createElement('canvas');
  canvas.width = drawn.width;
  canvas.height = drawn.height;
  const context = canvas.getContext('2d', { willReadFrequently: true });
  if (context === null) throw new ClickmaskError('internal', 'This browser provides no 2-D canvas.');
  try {
    context.drawImage(drawn, 0, 0);
  } catch {
    throw noPicture(drawn);
  }
  try {
    return context.getImageData(0, 0, drawn.width, drawn.height);
  } catch (cause) {
    throw new ClickmaskError(
      'bad-image',
      'The canvas holds pixels of another site and cannot be read. Draw images loaded with crossOrigin, or give the address.',
      { cause },
    );
  }
}

async function fetchBytes(address: string, options: LoadPictureOptions): Promise<Uint8Array> {
  const { onProgress, signal } = options;
  let response: Response;
  try {
    response = await fetch(address, signal === undefined ? {} : { signal });
  } catch (cause) {
    if (signal?.aborted === true) throw new ClickmaskError('aborted', 'Loading the image was aborted.', { cause });
    throw new ClickmaskError(
      'bad-image',
      globalThis.location.protocol === 'file:'
        ? 'The image could not be fetched: pages opened as files may not read other files. Open the page from a server, or drop the image on it.'
        : 'The image could not be fetched. Check the address, and that its server allows this page to read it (CORS).',
      { cause },
    );
  }
  if (!response.ok) {
    throw new ClickmaskError(
      'bad-image',
      `The image's server answered ${response.status} ${response.statusText}.`.trim(),
    );
  }
  const total = Number(response.headers.get('content-length')) || null;
  if (total !== null) checkBytes(total, options);
  if (response.body === null) return new Uint8Array(await response.arrayBuffer());
  const chunks: Uint8Array[] = [];
  let loaded = 0;
  const reader = response.body.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    chunks.push(value);
    loaded += value.length;
    if (loaded > (options.maxBytes ?? pictureLimits.maxBytes)) {
      await reader.cancel();
      checkBytes(loaded, options);
    }
    onProgress?.(loaded, total);
  }
  const bytes = new Uint8Array(loaded);
  let offset = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, offset);
    offset += chunk.length;
  }
  return bytes;
}

function checkBytes(received: number, { maxBytes = pictureLimits.maxBytes }: LoadPictureOptions): void {
  if (received > maxBytes) {
    throw unexpected(
      'image-too-large',
      'the image',
      `at most ${maxBytes} bytes`,
      received,
      'Scale it down, or raise maxBytes.',
    );
  }
}

function checkPixels(width: number, height: number, maxPixels: number): void {
  if (width * height > maxPixels) {
    throw unexpected(
      'image-too-large',
      'the image',
      `at most ${maxPixels} pixels`,
      `${width} x ${height}`,
      'Scale it down, or raise maxPixels.',
    );
  }
}
