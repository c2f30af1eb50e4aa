import { ClickmaskError, type Segmenter } from '@clickmask/core';
import { createRemoteSegmenter, createSegmenter, type WebSegmenterOptions } from '@clickmask/core/web';
import type { ProgressInfo } from './annotator/annotator.js';
import { unexpected } from './errors.js';

/** Where the network of an element runs and where its files come from; all as attributes can say it. */
export interface RuntimeOptions {
  /** Folder of a model; default: the embedded one. */
  readonly model?: string;
  /** `auto` (default), `webgpu` or `wasm`. */
  readonly provider?: string;
  /** `local` (default): all in the browser. `remote`: all on the server. `split`: features from the server, clicks here. */
  readonly mode?: string;
  /** Address of the server, for `remote` and `split`. */
  readonly server?: string;
  /** Folder with the worker's script, the runtime's `.wasm` files and the embedded model; default: those of the packages. */
  readonly assets?: string;
}

let defaultAssets: string | undefined;

/** Says where a build that comes with its files beside it finds them. */
export function setDefaultAssets(folder: string): void {
  defaultAssets = folder;
}

/** The segmenter that an element makes for itself. */
export async function createDefaultSegmenter(
  options: RuntimeOptions,
  report: (progress: ProgressInfo) => void = () => {},
): Promise<Segmenter> {
  const { model, provider = 'auto', mode = 'local', server, assets = defaultAssets } = options;
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
    return createRemoteSegmenter({ url: new URL(server, document.baseURI).href });
  }
  const base =
    assets === undefined ? undefined : new URL(assets.endsWith('/') ? assets : `${assets}/`, document.baseURI).href;
  return createSegmenter({
    ...(model !== undefined ? { model } : base !== undefined ? { model: new URL('clickmask-small/', base) } : {}),
    ...(base === undefined ? {} : { worker: new URL('web-worker.js', base), wasmPaths: base }),
    provider: provider as NonNullable<WebSegmenterOptions['provider']>,
    ...(mode === 'split' && server !== undefined ? { split: { url: server } } : {}),
    // Who asks for WebGPU by name gets it, emulated or not.
    allowSoftwareGpu: provider === 'webgpu',
    onProgress: ({ fraction }) => report({ phase: 'model', fraction }),
  });
}
