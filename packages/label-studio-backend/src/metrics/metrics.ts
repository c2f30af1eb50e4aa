import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { ReasonCode } from '../problems/index.js';

/** Prometheus metrics of one backend, in a registry of its own. */
export interface Metrics {
  request(route: string, reason: ReasonCode, seconds: number, responseBytes: number): void;
  /** One stage of a click: `picture`, `decode`, `encode`, `predict`, `postprocess`, `write`. */
  stage(name: string, milliseconds: number): void;
  text(): Promise<string>;
  readonly contentType: string;
}

/** Values that are read each time the metrics are requested. */
export interface Gauges {
  readonly queued: () => number;
  readonly active: () => number;
  readonly pictures: () => number;
  readonly pictureBytes: () => number;
  readonly featureBytes: () => number;
}

export function createMetrics(gauges: Gauges, model: () => string): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry, prefix: 'clickmask_' });
  const registers = [registry];
  const requests = new Counter({
    name: 'clickmask_requests_total',
    help: 'Requests by route and outcome.',
    labelNames: ['route', 'reason'] as const,
    registers,
  });
  const seconds = new Histogram({
    name: 'clickmask_request_seconds',
    help: 'Time of requests by route, seconds.',
    labelNames: ['route'] as const,
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.25, 0.5, 1, 2.5, 5, 10, 30],
    registers,
  });
  const stages = new Histogram({
    name: 'clickmask_stage_seconds',
    help: 'Time of the stages of a click, seconds.',
    labelNames: ['stage'] as const,
    buckets: [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10],
    registers,
  });
  const bytes = new Histogram({
    name: 'clickmask_response_bytes',
    help: 'Size of answers to /predict.',
    buckets: [1e3, 1e4, 3e4, 1e5, 3e5, 1e6, 1e7],
    registers,
  });
  for (const [name, help, read] of [
    ['clickmask_queued', 'Requests that wait.', gauges.queued],
    ['clickmask_active_tasks', 'Tasks with a request under way.', gauges.active],
    ['clickmask_pictures', 'Open images.', gauges.pictures],
    ['clickmask_picture_bytes', 'Bytes of open images as they came.', gauges.pictureBytes],
    ['clickmask_feature_bytes', 'Bytes of cached features.', gauges.featureBytes],
  ] as const) {
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(read());
      },
    });
  }
  return {
    request(route, reason, time, size) {
      requests.inc({ route, reason });
      seconds.observe({ route }, time);
      if (route === '/predict') bytes.observe(size);
    },
    stage(name, milliseconds) {
      stages.observe({ stage: name }, milliseconds / 1000);
    },
    text() {
      // The model may have changed since the last request.
      registry.setDefaultLabels({ model: model() });
      return registry.metrics();
    },
    contentType: registry.contentType,
  };
}
