import { createHost } from '../../host/index.js';
import type { Segmenter } from '../../segmenter/index.js';
import type { ServerAddress } from './client.js';
import { createRemoteEngine } from './remote-engine.js';

export interface RemoteSegmenterOptions extends ServerAddress {
  /** Maximum waiting requests; more fail with `queue-full`. Default 64. */
  readonly queueCapacity?: number;
  /** Milliseconds after which a request fails with `deadline-exceeded`. Default: none. */
  readonly deadlineMs?: number;
}

/**
 * A segmenter behind HTTP: the client of {@link createSegmenterHandler}. It works in Node and in browsers.
 *
 * @throws ClickmaskError `backend-unavailable` if the server cannot be reached
 *
 * @example
 * ```ts
 * import { createRemoteSegmenter } from '@clickmask/core';
 *
 * const attempt = createRemoteSegmenter({ url: 'http://127.0.0.1:9/clickmask', timeoutMs: 500 });
 * console.log(await attempt.catch((error) => error.code)); // backend-unavailable
 * ```
 */
export function createRemoteSegmenter(options: RemoteSegmenterOptions): Promise<Segmenter> {
  const { queueCapacity, deadlineMs, ...server } = options;
  return createHost({ slots: [{ start: () => createRemoteEngine(server) }], queueCapacity, deadlineMs, workers: 0 });
}
