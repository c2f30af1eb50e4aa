import { isClickmaskError } from '../../errors/index.js';
import { type InferenceServer, resolveServer } from './address.js';
import { connect } from './oip-backend.js';
import type { ModelStatistics } from './transport.js';

/** An inference server's description of itself and of one model's graphs. */
export interface ServerReport {
  readonly url: string;
  /** For example `triton`. */
  readonly name: string;
  readonly version: string;
  /** Median of five small calls, in milliseconds. */
  readonly roundTripMs: number;
  /** The server's models that belong to the requested one: `NAME-encoder`, `NAME-decoder`, `NAME-click`, ... */
  readonly models: readonly ServedReport[];
}

/** One model on a server. */
export interface ServedReport {
  readonly name: string;
  readonly versions: readonly string[];
  /** Counts since the server started; null if it keeps none. */
  readonly statistics: ModelStatistics | null;
}

/**
 * Asks a server for its name, its latency and its counts: batches, and features found in its cache. To check its
 * weights, load the model from it.
 *
 * @param names - names to look for on the server; missing ones are left out
 * @throws ClickmaskError `bad-option`, `backend-unavailable`, `deadline-exceeded`, `backend-failed`
 *
 * @example
 * ```ts
 * import { inspectServer } from '@clickmask/core/serving';
 *
 * const attempt = inspectServer({ url: 'http://127.0.0.1:9', timeoutMs: 500 }, ['clickmask-small-click']);
 * console.log(await attempt.catch((error) => error.code)); // backend-unavailable
 * ```
 */
export async function inspectServer(server: string | InferenceServer, names: readonly string[]): Promise<ServerReport> {
  const resolved = resolveServer(server);
  const client = await connect(resolved);
  try {
    const times: number[] = [];
    const ask = async () => {
      const started = performance.now();
      const found = await client.call('what it is', (transport, timeoutMs) => transport.serverMetadata(timeoutMs));
      times.push(performance.now() - started);
      return found;
    };
    // The first call opens the connection.
    const { name, version } = await ask();
    times.length = 0;
    for (let i = 0; i < 5; i++) await ask();
    const models: ServedReport[] = [];
    for (const model of names) {
      const metadata = await client
        .call(`the model '${model}'`, (transport, timeoutMs) => transport.modelMetadata(model, '', timeoutMs))
        .catch((error: unknown) => {
          if (isClickmaskError(error, 'bad-model')) return null;
          throw error;
        });
      if (metadata === null) continue;
      const statistics = await client.call(`the model '${model}'`, (transport, timeoutMs) =>
        transport.modelStatistics(model, metadata.versions.at(-1) ?? '', timeoutMs),
      );
      models.push({ name: model, versions: metadata.versions, statistics });
    }
    return { url: resolved.url, name, version, roundTripMs: times.sort((a, b) => a - b)[2], models };
  } finally {
    client.transport.close();
  }
}
