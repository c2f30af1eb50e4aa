import { parentPort, workerData } from 'node:worker_threads';
import { serveEngine } from '../../host/index.js';
import { type EngineSettings, loadEngine } from './load-engine.js';
import { nodePort } from './node-port.js';

// The entry of a worker thread. It does nothing unless it was started as one.
if (parentPort !== null) {
  void serveEngine(nodePort(parentPort), () => loadEngine(workerData as EngineSettings));
}
