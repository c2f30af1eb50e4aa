import {
  ClickmaskError,
  type ClickmaskErrorCode,
  expectInteger,
  expectNumber,
  isClickmaskError,
} from '../../errors/index.js';
import { toErrorMessage } from '../../host/wire-error.js';
import type { RgbImage } from '../../image/index.js';
import { sha256, type View } from '../../models/index.js';
import type { Prompt, Segmenter, SegmenterImage, SegmentOptions } from '../../segmenter/index.js';
import { toPredictionData } from '../../segmenter/prediction.js';
import { type BodyReader, type ComingBody, createBodyReader, dropBody } from './body-reader.js';
import { foreignPage } from './foreign-page.js';
import { createKnownImages, type KnownImages } from './known-images.js';
import { pack, packedType, unpack } from './packed.js';

/** Answers the requests of a remote segmenter's clients. */
export type SegmenterHandler = (request: Request) => Promise<Response>;

export interface SegmenterHandlerOptions {
  /** Does the work. The caller closes it. */
  readonly segmenter: Segmenter;
  /** Largest accepted body, in bytes. Default 64 MB. */
  readonly maxBytes?: number;
  /**
   * Received bytes of all bodies that are still arriving. One client gets half of it. If more is needed, the largest
   * bodies give way. Default 4 × `maxBytes`.
   */
  readonly maxBytesUnderWay?: number;
  /**
   * Minimum rate of a body in bytes per second, over three seconds. Slower ones fail with `deadline-exceeded`. Default
   * 16,384.
   */
  readonly minBytesPerSecond?: number;
  /** Maximum bodies of one client at the same time. One more makes the slowest give way. Default 64. */
  readonly maxBodies?: number;
  /** Maximum number of known images. The least recently used is forgotten first. Default 64. */
  readonly maxImages?: number;
  /** Bytes of the files of all known images. One client gets half of it. Default 4 × `maxBytes`. */
  readonly maxImageBytes?: number;
  /** Milliseconds after its last use until an image is forgotten. Default 3,600,000 (one hour). */
  readonly imageAgeMs?: number;
  /** Milliseconds for one answer, including reading its body; then `deadline-exceeded`, status 504. Default 30,000. */
  readonly deadlineMs?: number;
  /** Whether a request may be answered. Compare tokens in constant time. Default: all requests. */
  readonly authorize?: (request: Request) => boolean | Promise<boolean>;
  /**
   * Names the client, such as a user or an address. No client can take the room and the turns of others. Default: the
   * header `authorization`; without it, all requests count as one client.
   */
  readonly clientOf?: (request: Request) => string;
  /** The origin whose pages may ask, or `*`. Default: only pages of the same origin. */
  readonly allowOrigin?: string;
  /**
   * Names, without port, under which browsers reach this server, or `*`. They protect against pages that point their
   * own host name here (DNS rebinding). Default: addresses, `localhost` and names without a dot. With `authorize`, all
   * names, because such a page has no credentials.
   */
  readonly hosts?: readonly string[];
}

/** Statuses of errors that are not the server's fault, or are temporary. */
const statuses: Readonly<Partial<Record<ClickmaskErrorCode, number>>> = {
  'image-not-loaded': 404,
  'image-too-large': 413,
  'unsupported-image': 415,
  'queue-full': 503,
  'worker-lost': 503,
  closed: 503,
  aborted: 499,
  superseded: 409,
  'deadline-exceeded': 504,
  internal: 500,
  'backend-failed': 500,
};

/** A request that is refused before any work, with its status. */
class Refusal extends Error {
  readonly status: number;
  readonly error: ClickmaskError;

  constructor(status: number, message: string, code: ClickmaskErrorCode = 'bad-option') {
    super(message);
    this.status = status;
    this.error = new ClickmaskError(code, message);
  }
}

/** What the actions of one handler use. */
interface Tools {
  readonly segmenter: Segmenter;
  readonly images: KnownImages;
  readonly bodies: BodyReader;
}

/** An accepted request. */
interface Call {
  readonly request: Request;
  readonly client: string;
  /** Aborts at the deadline, or when nobody waits any more. */
  readonly signal: AbortSignal;
  /** Milliseconds until the deadline. */
  left(): number;
}

interface Action {
  readonly method: 'GET' | 'POST';
  /** The allowed content types of a body. A page can send other types without permission. */
  readonly types?: RegExp;
  readonly answer: (tools: Tools, call: Call) => Promise<Response>;
}

const isPacked = /^application\/vnd\.clickmask\.packed\s*(?:;|$)/i;

const actions: Readonly<Record<string, Action>> = {
  info: {
    method: 'GET',
    answer: async ({ segmenter }) => json({ ...segmenter.info, features: segmenter.features !== undefined }),
  },
  images: {
    method: 'POST',
    types: new RegExp(`${isPacked.source}|^application/octet-stream\\s*(?:;|$)|^image/`, 'i'),
    answer: (tools, call) => tools.bodies.read(comingBody(call), (body) => addImage(tools, call, body)),
  },
  segment: { method: 'POST', types: isPacked, answer: (tools, call) => aboutImage(tools, call, segment) },
  features: { method: 'POST', types: isPacked, answer: (tools, call) => aboutImage(tools, call, features) },
};

/**
 * Puts a segmenter behind HTTP, for any server: it takes a web-standard `Request` and gives a `Response`.
 *
 * - `GET …/info`: what the segmenter is
 * - `POST …/images`, the bytes of an image file (`application/octet-stream` or `image/…`), or packed
 *   `{ width, height, data }`: `{ key, width, height }`, where the key is the SHA-256 of the body; the image is made ready
 *   for its first click
 * - `POST …/segment`, packed `{ key, prompt, options }`: a prediction, packed
 * - `POST …/features`, packed `{ key, view }`: features for clients that decode clicks themselves, packed
 *
 * An unknown or forgotten image gives 404 and the code `image-not-loaded`; the client sends it again. Images are never
 * fetched from addresses. Pages of other origins get 403, other content types 415. Pass the request's own `body` stream, so
 * the limits apply to what is held.
 *
 * @example
 * ```ts
 * import { createSegmenterHandler } from '@clickmask/core/runtime';
 * import { createSegmenter } from '@clickmask/core/node';
 *
 * const segmenter = await createSegmenter();
 * const handle = createSegmenterHandler({ segmenter });
 * const response = await handle(new Request('http://localhost/clickmask/info'));
 * console.log(response.status); // 200
 * await segmenter.close();
 * ```
 */
export function createSegmenterHandler(options: SegmenterHandlerOptions): SegmenterHandler {
  const { segmenter, authorize, allowOrigin } = options;
  const limits = resolveLimits(options);
  const tools: Tools = {
    segmenter,
    bodies: createBodyReader(limits),
    images: createKnownImages({ ...limits, maxBytes: limits.maxImageBytes, maxAgeMs: limits.imageAgeMs }),
  };
  const pages = {
    origins: allowOrigin === undefined ? [] : [allowOrigin],
    hosts: options.hosts ?? (authorize === undefined ? undefined : ['*']),
  };
  const clientOf = options.clientOf ?? ((request: Request) => request.headers.get('authorization') ?? '');
  const cors: Readonly<Record<string, string>> =
    allowOrigin === undefined ? {} : { 'access-control-allow-origin': allowOrigin, vary: 'Origin' };

  const answer = async (request: Request): Promise<Response> => {
    const url = new URL(request.url);
    const name = url.pathname.split('/').at(-1) ?? '';
    const action = Object.hasOwn(actions, name) ? actions[name] : undefined;
    if (action === undefined) throw new Refusal(404, 'Expected .../info, .../images, .../segment or .../features.');
    if (request.method === 'OPTIONS') return preflight(action);
    if (request.method !== action.method) throw new Refusal(405, `Expected the method ${action.method}.`);
    const header = (one: string) => request.headers.get(one) ?? (one === 'host' ? url.host : null);
    const foreign = foreignPage(header, pages);
    if (foreign !== null) throw new Refusal(403, foreign);
    if (authorize !== undefined && !(await authorize(request)))
      throw new Refusal(401, 'Expected a valid authorization.');
    const type = request.headers.get('content-type') ?? '';
    if (action.types?.test(type) === false) {
      throw new Refusal(
        415,
        `Expected another content type for .../${name} than '${type.slice(0, 80)}'.`,
        'bad-format',
      );
    }
    const packing = request.headers.get('content-encoding') ?? 'identity';
    if (packing !== 'identity') {
      const message = `Expected a body that is not compressed but received ${packing.slice(0, 40)}.`;
      throw new Refusal(415, message, 'bad-format');
    }
    const until = performance.now() + limits.deadlineMs;
    const late = new AbortController();
    const timer = setTimeout(() => late.abort(deadlineError(limits.deadlineMs)), limits.deadlineMs);
    try {
      return await action.answer(tools, {
        request,
        client: clientOf(request),
        signal: AbortSignal.any([request.signal, late.signal]),
        left: () => Math.max(0, until - performance.now()),
      });
    } finally {
      clearTimeout(timer);
    }
  };

  return async function handleSegmenterRequest(request) {
    const response = await answer(request).catch((error: unknown) => {
      void dropBody(request.body);
      return refuse(error);
    });
    for (const [name, value] of Object.entries(cors)) response.headers.set(name, value);
    return response;
  };
}

function resolveLimits(options: SegmenterHandlerOptions) {
  const { maxBytes = 64 * 2 ** 20, maxImages = 64, maxBodies = 64, deadlineMs = 30_000, imageAgeMs = 3600e3 } = options;
  const { maxBytesUnderWay = 4 * maxBytes, maxImageBytes = 4 * maxBytes, minBytesPerSecond = 16_384 } = options;
  for (const [name, value] of Object.entries({ maxBytes, maxImages, maxBodies, maxBytesUnderWay, maxImageBytes })) {
    expectInteger('bad-option', name, value, 1);
  }
  for (const [name, value] of Object.entries({ deadlineMs, imageAgeMs, minBytesPerSecond })) {
    expectNumber('bad-option', name, value, 0);
  }
  return { maxBytes, maxImages, maxBodies, deadlineMs, imageAgeMs, maxBytesUnderWay, maxImageBytes, minBytesPerSecond };
}

function preflight({ method }: Action): Response {
  const headers = {
    'access-control-allow-methods': method,
    'access-control-allow-headers': 'content-type, authorization',
  };
  return new Response(null, { status: 204, headers });
}

function comingBody({ request, client, signal }: Call): ComingBody {
  return { stream: request.body, announced: request.headers.get('content-length'), client, signal };
}

/** Makes an image known. A known image is not opened again. */
async function addImage({ segmenter, images }: Tools, call: Call, body: Uint8Array): Promise<Response> {
  const key = `sha256:${await sha256(body)}`;
  const isFile = !isPacked.test(call.request.headers.get('content-type') ?? '');
  const open = async () => {
    const source = isFile ? body : (unpack(body) as RgbImage);
    return segmenter.open(source, { key, prepare: true, client: call.client, deadlineMs: call.left() });
  };
  const image = await (images.get(key) ?? images.add(key, body.length, call.client, open));
  return json({ key, width: image.width, height: image.height });
}

/** Reads a packed body that names a known image, and answers. */
function aboutImage(
  tools: Tools,
  call: Call,
  answer: (
    tools: Tools,
    call: Call,
    image: SegmenterImage,
    rest: Readonly<Record<string, unknown>>,
  ) => Promise<unknown>,
): Promise<Response> {
  return tools.bodies.read(comingBody(call), async (bytes) => {
    const body = unpack(bytes);
    const { key, ...rest } = (typeof body === 'object' && body !== null ? body : {}) as Record<string, unknown>;
    const opening = typeof key === 'string' ? tools.images.get(key) : undefined;
    if (opening === undefined) {
      const message = 'The server does not know this image, or has forgotten it. Send it again.';
      throw new ClickmaskError('image-not-loaded', message);
    }
    return packed(await answer(tools, call, await opening, rest));
  });
}

async function segment(
  { segmenter }: Tools,
  { client, request, left }: Call,
  image: SegmenterImage,
  { prompt, options }: Readonly<Record<string, unknown>>,
) {
  const { refinement, postprocess, candidate, includeMap, passes } = (options ?? {}) as SegmentOptions;
  const how = { refinement, postprocess, candidate, includeMap, passes, client, signal: request.signal };
  return toPredictionData(await segmenter.segment(image, (prompt ?? {}) as Prompt, { ...how, deadlineMs: left() }));
}

async function features(
  { segmenter }: Tools,
  { client, request, left }: Call,
  image: SegmenterImage,
  { view }: Readonly<Record<string, unknown>>,
) {
  if (segmenter.features === undefined) {
    throw new ClickmaskError('bad-option', "This server gives no features. Use mode 'remote'.");
  }
  return segmenter.features(image, checkView(view), { client, signal: request.signal, deadlineMs: left() });
}

const answerHeaders = { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' };

function packed(value: unknown): Response {
  return new Response(pack(value) as Uint8Array<ArrayBuffer>, {
    headers: { 'content-type': packedType, ...answerHeaders },
  });
}

function json(value: unknown, status = 200): Response {
  return Response.json(value, { status, headers: answerHeaders });
}

function refuse(error: unknown): Response {
  if (error instanceof Refusal) return json({ error: toErrorMessage(error.error) }, error.status);
  const message = toErrorMessage(error);
  // Errors of other kinds might reveal internals of the server.
  const told = isClickmaskError(error) ? message : { ...message, message: 'The server failed to answer.' };
  const status = statuses[message.code] ?? 400;
  const response = json({ error: told }, status);
  if (status === 503) response.headers.set('retry-after', '1');
  return response;
}

function deadlineError(deadlineMs: number): ClickmaskError {
  const message = `No answer within ${deadlineMs} ms. The request may arrive slowly, or the machine may be busy: try again.`;
  return new ClickmaskError('deadline-exceeded', message, { details: { deadlineMs } });
}

function checkView(view: unknown): View {
  const { roi, zoomed, mirrored } = (view ?? {}) as Partial<View>;
  if (typeof roi !== 'object' || roi === null || typeof zoomed !== 'boolean' || typeof mirrored !== 'boolean') {
    throw new ClickmaskError('bad-option', 'Expected { roi, zoomed, mirrored } for view.');
  }
  const { x, y, width, height } = roi;
  return { roi: { x, y, width, height }, zoomed, mirrored };
}
