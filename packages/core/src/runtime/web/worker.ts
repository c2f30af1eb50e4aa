import { serveEngine } from '../../host/index.js';
import { type EngineSettings, loadEngine } from './load-engine.js';
import type { DownloadProgress } from './model-source.js';
import { webPort } from './web-port.js';

/** What a page sends to start the worker, with the port that the engine is served on. */
export interface StartMessage {
  readonly type: 'start';
  readonly settings: EngineSettings;
  readonly port: MessagePort;
}

/** What the worker tells besides: the model's download. */
export interface ProgressMessage {
  readonly type: 'progress';
  readonly progress: DownloadProgress;
}

interface WorkerScope {
  onmessage: ((event: MessageEvent<StartMessage>) => void) | null;
  postMessage(message: ProgressMessage): void;
}

// The entry of a Web Worker: nothing here runs unless it was started as one.
if ('WorkerGlobalScope' in globalThis) {
  const scope = globalThis as unknown as WorkerScope;
  scope.onmessage = ({ data }) => {
    if (data?.type !== 'start') return;
    const report = (progress: DownloadProgress) => scope.postMessage({ type: 'progress', progress });
    void serveEngine(webPort(data.port), () => loadEngine(data.settings, report));
  };
}
