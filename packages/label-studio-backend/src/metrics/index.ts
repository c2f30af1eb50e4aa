export { createMetrics, type Gauges, type Metrics } from './metrics.js';
