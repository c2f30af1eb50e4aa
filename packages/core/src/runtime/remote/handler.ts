import { ClickmaskError, type ClickmaskErrorCode, expectInteger, isClickmaskError } from '../../errors/index.js';
import { toErrorMessage } from '../../host/wire-error.js';
import type { RgbImage } from '../../image/index.js';
import { sha256, type View } from '../../models/index.js';
import type { Prompt, Segmenter, SegmenterImage, SegmentOptions } from '../../segmenter/index.js';
import { toPredictionData } from '../../segmenter/prediction.js';
import { pack, packedType, unpack } from './packed.js';

/** Answers the requests of a remote segmenter's clients. */
export type SegmenterHandler = (request: Request) => Promise<Response>;

export interface SegmenterHandlerOptions {
  /** Does the work; stays the caller's to close. */
  readonly segmenter: Segmenter;
  /** Largest accepted body, in bytes. Default 64 MB. */
  readonly maxBytes?: number;
  /** Pictures that are known at a time; the one used longest ago is forgotten first. Default 64. */
  readonly maxImages?: number;
  /** Milliseconds for one answer; then `deadline-exceeded`, status 504. Default 30000. */
  readonly deadlineMs?: number;
  /** Whether a request may be answered; compare tokens in constant time. Default: every one. */
  readonly authorize?: (request: Request) => boolean | Promise<boolean>;
  /** The origin whose pages may ask, or `*`. Default: none, so that only pages of the same origin can. */
  readonly allowOrigin?: string;
}

/** Statuses of those errors that are not the server's own fault, or are passing. */
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

/**
 * Puts a segmenter behind HTTP, for servers of every kind: it takes a web-standard `Request` and gives a `Response`.
 *
 * - `GET …/info`: what the segmenter is
 * - `POST …/images`, the bytes of a picture file, or packed `{ width, height, data }`: `{ key, width, height }`, where the
 *   key is the SHA-256 of the body; the picture is made ready for its first click
 * - `POST …/segment`, packed `{ key, prompt, options }`: a prediction, packed
 * - `POST …/features`, packed `{ key, view }`: features for clients that decode clicks themselves, packed
 *
 * A picture that the server does not know, or has forgotten, is answered with 404 and the code `image-not-loaded`; the
 * client sends it again. Pictures are never fetched from addresses.
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
  const { segmenter, maxBytes = 64 * 2 ** 20, maxImages = 64, deadlineMs = 30_000, authorize, allowOrigin } = options;
  expectInteger('bad-option', 'maxBytes', maxBytes, 1);
  expectInteger('bad-option', 'maxImages', maxImages, 1);
  /** In the order of last use. */
  const images = new Map<string, Promise<SegmenterImage>>();

  const cors: Record<string, string> =
    allowOrigin === undefined ? {} : { 'access-control-allow-origin': allowOrigin, vary: 'Origin' };
  const packed = (value: unknown) =>
    new Response(pack(value) as Uint8Array<ArrayBuffer>, {
      headers: { 'content-type': packedType, 'cache-control': 'no-store', ...cors },
    });
  const json = (value: unknown, status = 200) =>
    Response.json(value, { status, headers: { 'cache-control': 'no-store', ...cors } });

  const addImage = async (bytes: Uint8Array, isPacked: boolean): Promise<SegmenterImage> => {
    const key = `sha256:${await sha256(bytes)}`;
    let opening = images.get(key);
    if (opening === undefined) {
      opening = segmenter.open(isPacked ? (unpack(bytes) as RgbImage) : bytes, { key, prepare: true, deadlineMs });
      images.set(key, opening);
      opening.catch(() => images.delete(key));
      for (const [oldest, image] of images) {
        if (images.size <= maxImages) break;
        images.delete(oldest);
        image.then((one) => one.close()).catch(() => {});
      }
    }
    return opening;
  };
  const findImage = async (key: unknown): Promise<SegmenterImage> => {
    const image = typeof key === 'string' ? images.get(key) : undefined;
    if (image === undefined || typeof key !== 'string') {
      throw new ClickmaskError(
        'image-not-loaded',
        'The server does not know this picture, or has forgotten it. Send it again.',
      );
    }
    images.delete(key);
    images.set(key, image);
    return image;
  };

  const answer = async (request: Request): Promise<Response> => {
    const action = new URL(request.url).pathname.split('/').at(-1);
    const wanted = action === 'info' ? 'GET' : 'POST';
    const known = action === 'info' || action === 'images' || action === 'segment' || action === 'features';
    if (request.method === 'OPTIONS' && known) {
      const headers = {
        ...cors,
        'access-control-allow-methods': wanted,
        'access-control-allow-headers': 'content-type, authorization',
      };
      return new Response(null, { status: 204, headers });
    }
    if (!known)
      return json(
        {
          error: {
            code: 'bad-option',
            message: `Expected .../info, .../images, .../segment or .../features.`,
            details: {},
          },
        },
        404,
      );
    if (request.method !== wanted) {
      return json({ error: { code: 'bad-option', message: `Expected the method ${wanted}.`, details: {} } }, 405);
    }
    if (authorize !== undefined && !(await authorize(request))) {
      return json({ error: { code: 'bad-option', message: 'Expected a valid authorization.', details: {} } }, 401);
    }
    if (action === 'info') return json({ ...segmenter.info, features: segmenter.features !== undefined });
    const bytes = await readBody(request, maxBytes);
    if (action === 'images') {
      const { key, width, height } = await addImage(bytes, request.headers.get('content-type') === packedType);
      return json({ key, width, height });
    }
    const body = unpack(bytes);
    const { key, ...rest } = (typeof body === 'object' && body !== null ? body : {}) as Record<string, unknown>;
    const image = await findImage(key);
    if (action === 'features') {
      if (segmenter.features === undefined) {
        throw new ClickmaskError('bad-option', "This server gives no features. Use mode 'remote'.");
      }
      return packed(await segmenter.features(image, checkView(rest.view), { deadlineMs, signal: request.signal }));
    }
    const { refinement, postprocess, candidate, includeMap, passes } = (rest.options ?? {}) as SegmentOptions;
    const prediction = await segmenter.segment(image, (rest.prompt ?? {}) as Prompt, {
      refinement,
      postprocess,
      candidate,
      includeMap,
      passes,
      deadlineMs,
      signal: request.signal,
    });
    return packed(toPredictionData(prediction));
  };

  return async function handleSegmenterRequest(request) {
    try {
      return await answer(request);
    } catch (error) {
      const message = toErrorMessage(error);
      // What is not an error of this project may tell of the server's inside.
      const told = isClickmaskError(error) ? message : { ...message, message: 'The server failed to answer.' };
      const status = statuses[message.code] ?? 400;
      const response = json({ error: told }, status);
      if (status === 503) response.headers.set('retry-after', '1');
      return response;
    }
  };
}

function checkView(view: unknown): View {
  const { roi, zoomed, mirrored } = (view ?? {}) as Partial<View>;
  if (typeof roi !== 'object' || roi === null || typeof zoomed !== 'boolean' || typeof mirrored !== 'boolean') {
    throw new ClickmaskError('bad-option', 'Expected { roi, zoomed, mirrored } for view.');
  }
  const { x, y, width, height } = roi;
  return { roi: { x, y, width, height }, zoomed, mirrored };
}

/** Reads a body, but no more than is allowed. */
async function readBody(request: Request, maxBytes: number): Promise<Uint8Array> {
  const tooLarge = () =>
    new ClickmaskError(
      'image-too-large',
      `Expected a body of at most ${maxBytes} bytes. Scale the picture down, or raise maxBytes.`,
    );
  if (Number(request.headers.get('content-length')) > maxBytes) throw tooLarge();
  if (request.body === null) return new Uint8Array(0);
  const chunks: Uint8Array[] = [];
  let size = 0;
  const reader = request.body.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    size += value.length;
    if (size > maxBytes) {
      await reader.cancel();
      throw tooLarge();
    }
    chunks.push(value);
  }
  const bytes = new Uint8Array(size);
  let offset = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, offset);
    offset += chunk.length;
  }
  return bytes;
}
