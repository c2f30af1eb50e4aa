import type { OipTransport } from './transport.js';

/** What a server batches, for those who watch it. */
export interface BatchWatch {
  /** Adds a model to look at. */
  add(model: string, version: string): void;
  /**
   * The largest batch that the server had run when it was asked last; null where it does not say, or was not asked yet.
   *
   * @param ask - whether to ask it again, for the next call, where that is some time ago
   */
  largest(ask: boolean): number | null;
}

const betweenMs = 10_000;
const withinMs = 1000;

/** Asks only when somebody looks, so that nothing is sent, and no timer runs, for nobody. */
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
        // Whether the server is well is told by calls that matter.
        ask().catch(() => {});
      }
      return largest;
    },
  };
}
