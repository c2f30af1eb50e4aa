import { ClickmaskError, isClickmaskError, withoutSecrets } from '../../errors/index.js';
import type { Size } from '../../geometry/index.js';
import type { ErrorMessage } from '../../host/protocol.js';
import { fromErrorMessage } from '../../host/wire-error.js';
import type { Features, View } from '../../models/index.js';
import type { EngineRequest, ImageSource, PredictionData, SegmenterInfo } from '../../segmenter/index.js';
import { joined } from './body-reader.js';
import { pack, packedType, unpack } from './packed.js';

/** The server of a segmenter, as plain data that can be sent to a worker. */
export interface ServerAddress {
  /** The address where the handler is mounted, such as `https://labels.example.org/clickmask`. */
  readonly url: string;
  /** Sent with every request, such as `Authorization`. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as `Authorization: Bearer …`; never logged. */
  readonly token?: string;
  /** Milliseconds after which a request fails with `deadline-exceeded`. Default 60000. */
  readonly timeoutMs?: number;
}

/** The client side of {@link createSegmenterHandler}. */
export interface SegmenterClient {
  info(): Promise<SegmenterInfo & { readonly features: boolean }>;
  addImage(source: ImageSource): Promise<Size & { readonly key: string }>;
  segment(request: EngineRequest): Promise<PredictionData>;
  features(key: string, view: View): Promise<Features>;
}

/** Number of retries after a temporary failure: a busy server or a network outage. */
const retries = 2;

/** Features of a large view have about 20 MB. */
const mostBytes = 256 * 2 ** 20;

export function createSegmenterClient(server: ServerAddress): SegmenterClient {
  const { url, token, timeoutMs = 60_000 } = server;
  const bearer: Readonly<Record<string, string>> =
    token === undefined || token === '' ? {} : { authorization: `Bearer ${token}` };
  const headers = { ...server.headers, ...bearer };
  const base = url.endsWith('/') ? url : `${url}/`;
  const shown = withoutSecrets(base);

  /** The whole body of the answer. Like the request, it may break off or take too long. */
  const send = async (action: string, body?: Uint8Array, type = packedType): Promise<Uint8Array> => {
    for (let attempt = 0; ; attempt++) {
      let response: Response;
      let bytes: Uint8Array;
      try {
        response = await fetch(`${base}${action}`, {
          method: body === undefined ? 'GET' : 'POST',
          headers: { ...headers, ...(body === undefined ? {} : { 'content-type': type }) },
          signal: AbortSignal.timeout(timeoutMs),
          // The headers are only for this server.
          redirect: 'error',
          ...(body === undefined ? {} : { body: body as Uint8Array<ArrayBuffer> }),
        });
        bytes = await readAnswer(response);
      } catch (cause) {
        if (isClickmaskError(cause)) throw cause;
        if (cause instanceof DOMException && cause.name === 'TimeoutError') {
          throw new ClickmaskError(
            'deadline-exceeded',
            `The server at ${shown} did not answer within ${timeoutMs} ms.`,
            { cause },
          );
        }
        if (attempt < retries) {
          await pause(attempt);
          continue;
        }
        const message = `The server at ${shown} cannot be reached, or broke off its answer. Check the address, that it runs, and that it allows this page to ask (CORS).`;
        throw new ClickmaskError('backend-unavailable', message, { cause });
      }
      if (response.ok) return bytes;
      if (response.status === 503 && attempt < retries) {
        await pause(attempt);
        continue;
      }
      throw errorOf(response.status, bytes, shown);
    }
  };

  return {
    async info() {
      return readJson(await send('info'), shown) as SegmenterInfo & { features: boolean };
    },
    async addImage(source) {
      const isFile = source instanceof Uint8Array;
      const answer = await send(
        'images',
        isFile ? source : pack(source),
        isFile ? 'application/octet-stream' : packedType,
      );
      return readJson(answer, shown) as Size & { key: string };
    },
    async segment(request) {
      return unpack(await send('segment', pack(request))) as PredictionData;
    },
    async features(key, view) {
      return unpack(await send('features', pack({ key, view }))) as Features;
    },
  };
}

/** @throws ClickmaskError `backend-failed` for more bytes than any answer has */
async function readAnswer({ body }: Response): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let size = 0;
  const reader = body?.getReader();
  for (let part = await reader?.read(); part?.value !== undefined; part = await reader?.read()) {
    size += part.value.length;
    if (size > mostBytes) {
      await reader?.cancel();
      throw new ClickmaskError('backend-failed', `Expected an answer of at most ${mostBytes} bytes but it has no end.`);
    }
    parts.push(part.value);
  }
  return joined(parts);
}

function pause(attempt: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 250 * 2 ** attempt));
}

function readJson(bytes: Uint8Array, server: string): unknown {
  try {
    return parseJson(bytes);
  } catch (cause) {
    throw new ClickmaskError(
      'backend-unavailable',
      `Expected a Clickmask server at ${server} but it answered something else.`,
      { cause },
    );
  }
}

function parseJson(bytes: Uint8Array): unknown {
  return JSON.parse(new TextDecoder().decode(bytes));
}

/** The server's error. `details.server` distinguishes it from errors on this side. */
function errorOf(status: number, bytes: Uint8Array, server: string): ClickmaskError {
  try {
    const { error } = parseJson(bytes) as { error: ErrorMessage };
    const made = fromErrorMessage({ ...error, details: { ...error.details, server } });
    if (isClickmaskError(made) && typeof error.code === 'string') return made;
  } catch {
    // Not an answer of the handler: only the status is known.
  }
  return new ClickmaskError('backend-unavailable', `The server at ${server} answered ${status}. Check the address.`, {
    details: { server },
  });
}
