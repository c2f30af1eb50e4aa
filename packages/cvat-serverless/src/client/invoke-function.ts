import type { Box } from '@clickmask/core';
import { createHttpClient, expectUrl, pictureSize } from '@clickmask/core/adapters';
import { type ReadReply, readReply } from '../replies/index.js';
import { sendChecked } from './http.js';

/** A click as a pair of numbers, in image px. */
export type Point = readonly [number, number];

export interface InvokeOptions {
  /** The function's address. */
  readonly url: string;
  /** The image's file. */
  readonly image: Uint8Array;
  readonly positive?: readonly Point[];
  readonly negative?: readonly Point[];
  readonly box?: Box;
  readonly threshold?: number;
  /** Milliseconds. Default 120,000, as in CVAT. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

export interface InvokeResult extends ReadReply {
  readonly width: number;
  readonly height: number;
  /** Size of the reply's text. */
  readonly bytes: number;
  /** Milliseconds from sending the request to the last byte of the reply. */
  readonly milliseconds: number;
}

/**
 * Calls an interactor function as CVAT's server does, and reads the reply as CVAT's user interface would.
 *
 * @throws ClickmaskError `bad-option`, `bad-image`, `request-failed`, `deadline-exceeded`, `aborted`, `bad-format`
 *
 * @example
 * ```ts no-run
 * import { readFile } from 'node:fs/promises';
 * import { invokeFunction } from '@clickmask/cvat-serverless';
 *
 * const image = await readFile('photo.jpg');
 * const reply = await invokeFunction({ url: 'http://localhost:32001', image, positive: [[320, 240]] });
 * console.log(reply.format, reply.area, reply.milliseconds);
 * ```
 */
export async function invokeFunction(options: InvokeOptions): Promise<InvokeResult> {
  const { image, positive = [], negative = [], box, threshold, timeoutMs = 120_000, signal } = options;
  const url = expectUrl('bad-option', 'url', options.url);
  const size = await pictureSize(image);
  const body = JSON.stringify({
    image: Buffer.from(image.buffer, image.byteOffset, image.byteLength).toString('base64'),
    pos_points: positive,
    neg_points: negative,
    obj_bbox:
      box === undefined
        ? []
        : [
            [box.x1, box.y1],
            [box.x2, box.y2],
          ],
    ...(threshold === undefined ? {} : { threshold }),
  });
  const started = performance.now();
  const http = createHttpClient({ timeoutMs, maxBytes: 1024 * 2 ** 20, privateAddresses: true });
  const reply = await sendChecked(http, {
    url,
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
    signal,
  }).finally(() => http.close());
  const milliseconds = performance.now() - started;
  const read = readReply(reply.bytes.toString('utf8'), size);
  return { ...read, ...size, bytes: reply.bytes.length, milliseconds };
}
