import { createSegmenter } from '@clickmask/core/node';
import { type InferenceServer, inspectServer, type ModelStatistics } from '@clickmask/core/serving';

/** A blank image for one test click. */
const blank = { width: 64, height: 64, data: new Uint8Array(64 * 64 * 3) };

/**
 * Checks that an inference server answers, holds the same weights as this machine, and makes a mask. Reports its
 * latency and its counters.
 */
export async function checkEngine(engine: InferenceServer, model: string | undefined) {
  // Loading compares weights, names and shapes.
  const segmenter = await createSegmenter({ model, engine, workers: 0 });
  try {
    const image = await segmenter.open(blank);
    const clicks = [{ x: 32, y: 32, label: 'positive' }] as const;
    await segmenter.segment(image, { clicks });
    const started = performance.now();
    await segmenter.segment(image, { clicks: [...clicks, { x: 8, y: 8, label: 'negative' }] });
    const clickMs = performance.now() - started;
    const name = segmenter.info.model.split(' ')[0];
    const report = await inspectServer(
      engine,
      ['click', 'encoder', 'decoder', 'network'].map((graph) => `${name}-${graph}`),
    );
    const level = report.models.some((one) => one.name.endsWith('-click')) ? 'click' : 'plain';
    const counted = report.models.flatMap(({ statistics }) => (statistics === null ? [] : [statistics]));
    const said = [
      `${report.name} ${report.version} at ${report.url} holds ${segmenter.info.model} (level ${level})`,
      `round trip ${report.roundTripMs.toFixed(1)} ms, a click ${Math.round(clickMs)} ms`,
      ...(counted.length === 0 ? [] : [countsOf(counted)]),
    ];
    return { value: true, detail: said.join('; ') };
  } finally {
    await segmenter.close();
  }
}

function countsOf(all: readonly ModelStatistics[]): string {
  const largest = Math.max(...all.map(({ largestBatch }) => largestBatch));
  const hits = all.reduce((sum, { cacheHits }) => sum + cacheHits, 0);
  const batches = largest > 1 ? `batches of up to ${largest} seen` : 'no batches seen yet';
  return `${batches}, ${hits} features found in its cache`;
}
