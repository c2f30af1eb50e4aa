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
  } catch (error) {
    // Nothing more of it is taken; that the other side cannot be told so changes nothing.
    void reader.cancel().catch(() => {});
    throw error;
  } finally {
    clearInterval(watch);
    signal.removeEventListener('abort', onAbort);
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
