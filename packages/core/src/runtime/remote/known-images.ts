import { createLru } from '../../cache/lru.js';
import { ClickmaskError } from '../../errors/index.js';
import type { SegmenterImage } from '../../segmenter/index.js';

export interface ImageLimits {
  readonly maxImages: number;
  /** Bytes of all images as received. One client has at most half of it, or one image. */
  readonly maxBytes: number;
  /** Milliseconds since an image was last used. */
  readonly maxAgeMs: number;
}

/** Images that a server keeps open for its clients, within budgets. */
export interface KnownImages {
  readonly size: number;
  readonly bytes: number;
  /** An open image. It then counts as most recently used. */
  get(key: string): Promise<SegmenterImage> | undefined;
  /**
   * Keeps an image that is being opened. If that fails, it is forgotten.
   *
   * @throws ClickmaskError `image-too-large` if it alone exceeds the budget
   */
  add(key: string, bytes: number, client: string, open: () => Promise<SegmenterImage>): Promise<SegmenterImage>;
}

interface Known {
  readonly opening: Promise<SegmenterImage>;
  readonly bytes: number;
  readonly client: string;
  /** Milliseconds of a monotonic clock. */
  usedAt: number;
}

export function createKnownImages({ maxImages, maxBytes, maxAgeMs }: ImageLimits): KnownImages {
  const images = createLru<string, Known>({
    maxEntries: maxImages,
    maxBytes,
    sizeOf: ({ bytes }) => bytes,
    onLeave: ({ opening }) => void opening.then((image) => image.close()).catch(() => {}),
  });
  let timer: ReturnType<typeof setTimeout> | undefined;

  /** Forgets images that nobody has used for long, and schedules the next check. */
  function forgetOld(): void {
    timer = undefined;
    for (const [key, { usedAt }] of images.entries()) {
      if (performance.now() - usedAt < maxAgeMs) break;
      images.delete(key);
    }
    plan();
  }

  function plan(): void {
    if (timer !== undefined || images.size === 0) return;
    timer = setTimeout(forgetOld, Math.min(maxAgeMs, 60_000));
    // In Node, this timer does not keep the process alive.
    (timer as { unref?: () => void }).unref?.();
  }

  /** A client's images first push out images of the same client. */
  function makeRoom(client: string, bytes: number): void {
    const own = [...images.entries()].filter(([, known]) => known.client === client);
    let left = own.reduce((sum, [, known]) => sum + known.bytes, bytes);
    for (const [key, known] of own) {
      if (left <= Math.max(bytes, maxBytes / 2)) break;
      left -= known.bytes;
      images.delete(key);
    }
  }

  return {
    get size() {
      return images.size;
    },
    get bytes() {
      return images.bytes;
    },
    get(key) {
      const known = images.get(key);
      if (known !== undefined) known.usedAt = performance.now();
      return known?.opening;
    },
    add(key, bytes, client, open) {
      if (bytes > maxBytes) {
        const message = `Expected an image of at most ${maxBytes} bytes but it has ${bytes}. Scale it down, or raise maxImageBytes.`;
        throw new ClickmaskError('image-too-large', message);
      }
      makeRoom(client, bytes);
      const known: Known = { opening: open(), bytes, client, usedAt: performance.now() };
      images.set(key, known);
      known.opening.catch(() => images.peek(key) === known && images.delete(key));
      plan();
      return known.opening;
    },
  };
}
