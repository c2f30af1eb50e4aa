import { ClickmaskError, isClickmaskError } from '../../errors/index.js';
import { type BodyLimits, createBodyRoom, type Place, tooLarge } from './body-room.js';

export type { BodyLimits };

/** The body of a request. */
export interface ComingBody {
  readonly stream: ReadableStream<Uint8Array> | null;
  /** The header `content-length`, if present. */
  readonly announced?: string | null;
  /** The sender, such as an address or a user. */
  readonly client: string;
  /** Ends the reading, with its reason. */
  readonly signal?: AbortSignal;
}

/** Reads bodies within limits that no single sender can use up. */
export interface BodyReader {
  /** Bytes of all running bodies. */
  readonly bytes: number;
  /**
   * Reads one and passes it on. Its bytes count until that is done. If all bodies together need more room than there
   * is, the largest ones that are still arriving give way.
   *
   * @throws ClickmaskError `image-too-large`; `queue-full` if there is no room; `deadline-exceeded` if it arrives too
   * slowly; `aborted` if it breaks off
   */
  read<T>(body: ComingBody, use: (bytes: Uint8Array) => T | Promise<T>): Promise<T>;
}

/**
 * The body reader of {@link createSegmenterHandler} and of the adapters' servers.
 *
 * @param now - milliseconds of a monotonic clock; default `performance.now()`
 *
 * @example
 * ```ts
 * import { createBodyReader } from '@clickmask/core/adapters';
 *
 * const limits = { maxBytes: 1e6, maxBytesUnderWay: 4e6, minBytesPerSecond: 10_000, maxBodies: 64 };
 * const bodies = createBodyReader(limits);
 * const stream = new Blob(['{"clicks":[]}']).stream();
 * const text = await bodies.read({ stream, client: '127.0.0.1' }, (bytes) => new TextDecoder().decode(bytes));
 * console.log(text, bodies.bytes); // {"clicks":[]} 0
 * ```
 */
export function createBodyReader(limits: BodyLimits, now?: () => number): BodyReader {
  const room = createBodyRoom(limits, now);
  return {
    get bytes() {
      return room.bytes;
    },
    async read({ stream, announced, client, signal }, use) {
      if (Number(announced) > limits.maxBytes) {
        void dropBody(stream);
        throw tooLarge(limits.maxBytes);
      }
      let refuse: (why: ClickmaskError) => void = () => {};
      const refused = new Promise<never>((_, reject) => {
        refuse = reject;
      });
      refused.catch(() => {});
      const onAbort = () => refuse(goneError(signal?.reason));
      if (signal?.aborted === true) onAbort();
      signal?.addEventListener('abort', onAbort, { once: true });
      const place = room.enter(client, refuse);
      try {
        const parts = stream === null ? [] : await collect(stream.getReader(), refused, place);
        place.arrived();
        return await use(joined(parts));
      } finally {
        signal?.removeEventListener('abort', onAbort);
        place.leave();
      }
    },
  };
}

/** Reads a stream to its end, or until it is refused. */
async function collect(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  refused: Promise<never>,
  place: Place,
): Promise<readonly Uint8Array[]> {
  const parts: Uint8Array[] = [];
  try {
    for (;;) {
      const { done, value } = await Promise.race([refused, reader.read()]);
      if (done) return parts;
      parts.push(value);
      place.take(value.length);
    }
  } catch (error) {
    void readAway(reader);
    throw goneError(error);
  }
}

/** Maximum bytes to drain from an unwanted body: cheaper than a new connection. */
const unwanted = { bytes: 2 ** 20, ms: 1000 };

/**
 * Releases a body that was not read to its end. A short one is drained, so that its connection can be reused. A long or
 * slow one is cut off, after its sender had time to read the answer.
 */
export async function dropBody(body: ReadableStream<Uint8Array> | null): Promise<void> {
  if (body !== null && !body.locked) await readAway(body.getReader());
}

async function readAway(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<void> {
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
    // It has already ended in some way.
  } finally {
    clearTimeout(timer);
  }
}

function goneError(reason: unknown): ClickmaskError {
  if (isClickmaskError(reason)) return reason;
  return new ClickmaskError('aborted', 'The request was aborted by its caller.', { cause: reason });
}

export function joined(parts: readonly Uint8Array[]): Uint8Array {
  if (parts.length === 1) return parts[0];
  const bytes = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    bytes.set(part, offset);
    offset += part.length;
  }
  return bytes;
}
