import express, { type Express, type Router } from 'express';
import type { DiagnosticsReport } from '../diagnostics/index.js';
import type { LabelStudioBackendOptions } from '../options/index.js';
import { createReport } from './routes/diagnostics.js';
import { createRouter } from './routes/router.js';
import { createServices } from './services.js';

/** A Label Studio ML backend. */
export interface LabelStudioBackend {
  /** All routes, to mount in your own express app, under a path if you like. */
  readonly router: Router;
  /** An express app with only the router. */
  readonly app: Express;
  /** The present model's version. Label Studio shows it and stores it with predictions. */
  readonly modelVersion: string;
  /** The content of `/diagnostics`. */
  diagnostics(): DiagnosticsReport;
  /** Stops preparing images, and closes connections and images. The segmenter stays open: it belongs to the caller. */
  close(): Promise<void>;
}

/**
 * Makes a Label Studio ML backend from a loaded model.
 *
 * @throws ClickmaskError `bad-option` if the address of Label Studio is wrong
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
