import type { OipTransport } from './transport.js';

/** Watches the batches of a server. */
export interface BatchWatch {
  /** Adds a model to watch. */
  add(model: string, version: string): void;
  /**
   * The largest batch that the server had run when last asked; null if it does not report this or was not asked yet.
   *
   * @param ask - whether to ask it again for the next call, if the last answer is old
   */
  largest(ask: boolean): number | null;
}

const betweenMs = 10_000;
const withinMs = 1000;

/** Asks only if somebody looks, so that nothing is sent and no timer runs needlessly. */
export function createBatchWatch(transport: OipTransport, now = () => performance.now()): BatchWatch {
  const models = new Map<string, string>();
  let largest: number | null = null;
  let askedAt = Number.NEGATIVE_INFINITY;

  const ask = async () => {
    const all = [...models].map(([model, version]) => transport.modelStatistics(model, version, withinMs));
    const counts = (await Promise.all(all)).flatMap((counted) => counted?.largestBatch ?? []);
    if (counts.length > 0) largest = Math.max(...counts);
  };

  return {
    add(model, version) {
      models.set(model, version);
    },
    largest(wanted) {
      if (wanted && now() - askedAt > betweenMs) {
        askedAt = now();
        // Failures are ignored here: calls that matter report the server's state.
        ask().catch(() => {});
      }
      return largest;
    },
  };
}
