import { ClickmaskError, type Segmenter } from '@clickmask/core';
import { unexpected } from '@clickmask/core/errors';
import { createRemoteSegmenter, createSegmenter, type WebSegmenterOptions } from '@clickmask/core/web';
import { coded, resolveAddress } from './errors.js';
import type { ProgressInfo } from './state/state.js';

/** Where an element's network runs and where its files come from. Each field is also an attribute. */
export interface RuntimeOptions {
  /** Folder of a model. Default: the embedded one. */
  readonly model?: string;
  /** `auto` (default), `webgpu` or `wasm`. */
  readonly provider?: string;
  /** `local` (default): all in the browser. `remote`: all on the server. `split`: features from the server, clicks here. */
  readonly mode?: string;
  /** Address of the server, for `remote` and `split`. */
  readonly server?: string;
  /**
   * Folder with the worker script, the runtime's `.wasm` files and the embedded model. Default: those of the packages.
   */
  readonly assets?: string;
}

/** Options that a build adds to the segmenters that it makes. */
export type Bundled = () => Promise<WebSegmenterOptions>;

let bundled: Bundled | undefined;

/** A build that brings its own files sets here where they are. */
export function setBundled(files: Bundled): void {
  bundled = files;
}

/** The files of a folder in the standalone build's layout. */
export function filesOfFolder(folder: string): WebSegmenterOptions {
  const base = resolveAddress('bad-option', 'assets', folder.endsWith('/') ? folder : `${folder}/`);
  return { model: new URL('clickmask-small/', base), worker: new URL('web-worker.js', base), wasmPaths: base };
}

/**
 * The segmenter that an element makes for itself.
 *
 * @example
 * ```ts browser
 * import { createAnnotator, createDefaultSegmenter } from '@clickmask/browser-widget';
 *
 * const annotator = createAnnotator(document.body, {
 *   segmenter: (report) => createDefaultSegmenter({ mode: 'split', server: '/clickmask' }, report),
 * });
 * annotator.destroy();
 * ```
 */
export async function createDefaultSegmenter(
  options: RuntimeOptions,
  report: (progress: ProgressInfo) => void = () => {},
): Promise<Segmenter> {
  const { model, provider = 'auto', mode = 'local', server, assets } = coded(() => ({ ...options }));
  if (mode !== 'local' && mode !== 'remote' && mode !== 'split') {
    throw unexpected('bad-option', 'mode', "'local', 'remote' or 'split'", mode);
  }
  if (mode !== 'local' && server === undefined) {
    throw new ClickmaskError(
      'bad-option',
      `Expected the server's address for mode '${mode}'. Set the attribute server.`,
    );
  }
  if (mode === 'remote' && server !== undefined) {
    return createRemoteSegmenter({ url: resolveAddress('bad-option', 'server', server).href });
  }
  const files = assets !== undefined ? filesOfFolder(assets) : await bundled?.();
  return createSegmenter({
    ...files,
    ...(model === undefined ? {} : { model }),
    provider: provider as NonNullable<WebSegmenterOptions['provider']>,
    ...(mode === 'split' && server !== undefined ? { split: { url: server } } : {}),
    // If the page asks for WebGPU by name, it is used even if it is emulated.
    allowSoftwareGpu: provider === 'webgpu',
    onProgress: ({ fraction }) => report({ phase: 'model', fraction }),
  });
}
