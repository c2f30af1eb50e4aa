import { serveEngine } from '../../host/index.js';
import { type EngineSettings, loadEngine } from './load-engine.js';
import type { DownloadProgress } from './model-source.js';
import { webPort } from './web-port.js';

/** The message by which a page starts the worker, with the port for the engine. */
export interface StartMessage {
  readonly type: 'start';
  readonly settings: EngineSettings;
  readonly port: MessagePort;
}

/** Other messages of the worker: the model's download. */
export interface ProgressMessage {
  readonly type: 'progress';
  readonly progress: DownloadProgress;
}

interface WorkerScope {
  onmessage: ((event: MessageEvent<StartMessage>) => void) | null;
  postMessage(message: ProgressMessage): void;
}

// The entry of a Web Worker. It does nothing unless it was started as one.
if ('WorkerGlobalScope' in globalThis) {
  const scope = globalThis as unknown as WorkerScope;
  scope.onmessage = ({ data }) => {
    if (data?.type !== 'start') return;
    const report = (progress: DownloadProgress) => scope.postMessage({ type: 'progress', progress });
    void serveEngine(webPort(data.port), () => loadEngine(data.settings, report));
  };
}
