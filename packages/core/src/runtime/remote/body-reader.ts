import { ClickmaskError, isClickmaskError } from '../../errors/index.js';

export interface BodyLimits {
  /** Of one body. */
  readonly maxBytes: number;
  /** Of all bodies under way together, as far as they have come; one client has at most half of it, or one body. */
  readonly maxBytesUnderWay: number;
  /** What a sender must keep up, on the average since its first byte. */
  readonly minBytesPerSecond: number;
}

/** Reads bodies within limits that no sender can hold for the others. */
export interface BodyReader {
  /** Of all bodies under way. */
  readonly bytes: number;
  /**
   * Reads one, and hands it on; until that is done, its bytes count.
   *
   * @param client - whose it is
   * @param signal - ends the reading, with its reason
   * @throws ClickmaskError `image-too-large`, `queue-full` where there is no room, `deadline-exceeded` where it comes too
   * slowly
   */
  read<T>(request: Request, client: string, signal: AbortSignal, use: (body: Uint8Array) => Promise<T>): Promise<T>;
}

/** A sender may be slow at first. */
const graceMs = 3000;

export function createBodyReader({ maxBytes, maxBytesUnderWay, minBytesPerSecond }: BodyLimits): BodyReader {
  const clients = new Map<string, number>();
  const share = Math.max(maxBytes, Math.floor(maxBytesUnderWay / 2));
  let underWay = 0;

  /** What is announced takes nobody's place: only bytes that came count. */
  function take(client: string, bytes: number): void {
    const own = (clients.get(client) ?? 0) + bytes;
    underWay += bytes;
    if (own === 0) clients.delete(client);
    else clients.set(client, own);
    if (bytes > 0 && (own > share || underWay > Math.max(maxBytes, maxBytesUnderWay))) {
      throw new ClickmaskError('queue-full', 'Too many bodies are under way. Try again in a moment.');
    }
  }

  return {
    get bytes() {
      return underWay;
    },
    async read(request, client, signal, use) {
      if (Number(request.headers.get('content-length')) > maxBytes) throw tooLarge(maxBytes);
      const chunks: Uint8Array[] = [];
      let size = 0;
      const begun = performance.now();
      const isSlow = () => {
        const waited = performance.now() - begun;
        return waited > graceMs && size < (minBytesPerSecond * (waited - graceMs)) / 1000;
      };
      try {
        await eachChunk(request.body, signal, isSlow, (chunk) => {
          size += chunk.length;
          take(client, chunk.length);
          if (size > maxBytes) throw tooLarge(maxBytes);
          chunks.push(chunk);
        });
        return await use(joined(chunks, size));
      } finally {
        take(client, -size);
      }
    },
  };
}

/** Reads a stream to its end, or until the signal aborts, the sender is too slow, or a chunk is not taken. */
async function eachChunk(
  body: ReadableStream<Uint8Array> | null,
  signal: AbortSignal,
  isSlow: () => boolean,
  onChunk: (chunk: Uint8Array) => void,
): Promise<void> {
  if (body === null) return;
  const reader = body.getReader();
  let watch: ReturnType<typeof setInterval> | undefined;
  let onAbort = () => {};
  const stopped = new Promise<never>((_, reject) => {
    onAbort = () => reject(goneError(signal.reason));
    signal.addEventListener('abort', onAbort, { once: true });
    watch = setInterval(() => {
      if (isSlow()) reject(new ClickmaskError('deadline-exceeded', 'The body comes too slowly. Send it again.'));
    }, 500);
  });
  stopped.catch(() => {});
  try {
    if (signal.aborted) throw goneError(signal.reason);
    for (;;) {
      const { done, value } = await Promise.race([reader.read(), stopped]);
      if (done) return;
      onChunk(value);
    }
  } finally {
    clearInterval(watch);
    signal.removeEventListener('abort', onAbort);
    reader.releaseLock();
  }
}

/** What is read away of a body that nobody wants: less than it costs to connect anew. */
const unwanted = { bytes: 2 ** 20, ms: 1000 };

/**
 * Lets go of a body that was not read to its end. A short one is read away, so that its connection can be used again; a long
 * or slow one is broken off, but not before its sender had time to read the answer.
 */
export async function dropBody(body: ReadableStream<Uint8Array> | null): Promise<void> {
  if (body === null || body.locked) return;
  const reader = body.getReader();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<{ readonly done: true }>((resolve) => {
    timer = setTimeout(() => resolve({ done: true }), unwanted.ms);
  });
  try {
    let left = unwanted.bytes;
    for (;;) {
      const { done, value } = (await Promise.race([left > 0 ? reader.read() : late, late])) as {
        done: boolean;
        value?: Uint8Array;
      };
      if (done) break;
      left -= value?.length ?? 0;
    }
    await reader.cancel();
  } catch {
    // It has ended already, one way or another.
  } finally {
    clearTimeout(timer);
  }
}

function goneError(reason: unknown): ClickmaskError {
  if (isClickmaskError(reason)) return reason;
  return new ClickmaskError('aborted', 'The request was aborted by its caller.', { cause: reason });
}

function joined(chunks: readonly Uint8Array[], size: number): Uint8Array {
  if (chunks.length === 1) return chunks[0];
  const bytes = new Uint8Array(size);
  let offset = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, offset);
    offset += chunk.length;
  }
  return bytes;
}

function tooLarge(maxBytes: number): ClickmaskError {
  const message = `Expected a body of at most ${maxBytes} bytes. Scale the picture down, or raise maxBytes.`;
  return new ClickmaskError('image-too-large', message);
}
