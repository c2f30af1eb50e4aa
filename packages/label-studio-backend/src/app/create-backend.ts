import express, { type Express, type Router } from 'express';
import type { DiagnosticsReport } from '../diagnostics/index.js';
import type { LabelStudioBackendOptions } from '../options/index.js';
import { createReport } from './routes/diagnostics.js';
import { createRouter } from './routes/router.js';
import { createServices } from './services.js';

/** A Label Studio ML backend. */
export interface LabelStudioBackend {
  /** All routes, to be mounted in an express app of your own, under a path if you like. */
  readonly router: Router;
  /** An express app with nothing but the router. */
  readonly app: Express;
  /** Sent to Label Studio, which shows it and stores it with predictions; that of the model that answers now. */
  readonly modelVersion: string;
  /** What `/diagnostics` shows. */
  diagnostics(): DiagnosticsReport;
  /** Stops looking ahead, closes connections and images. Not the segmenter, which is the caller's. */
  close(): Promise<void>;
}

/**
 * Makes a Label Studio ML backend around a loaded model.
 *
 * @throws ClickmaskError `bad-option` for a wrong address of Label Studio
 *
 * @example
 * ```ts
 * import { createSegmenter } from '@clickmask/core/node';
 * import { createLabelStudioBackend } from '@clickmask/label-studio-backend';
 *
 * const segmenter = await createSegmenter();
 * const backend = createLabelStudioBackend({
 *   segmenter,
 *   labelStudio: { url: 'http://localhost:8080', token: process.env.LABEL_STUDIO_API_KEY },
 *   output: { kind: 'polygon' },
 * });
 * const server = backend.app.listen(0, '127.0.0.1');
 * console.log(backend.modelVersion.startsWith('clickmask-small')); // true
 * server.close();
 * await backend.close();
 * await segmenter.close();
 * ```
 */
export function createLabelStudioBackend(options: LabelStudioBackendOptions): LabelStudioBackend {
  const services = createServices(options);
  const router = createRouter(services);
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.use(router);
  return {
    router,
    app,
    get modelVersion() {
      return services.modelVersion;
    },
    diagnostics: () => createReport(services),
    close: () => services.close(),
  };
}
