import embedded from 'virtual:embedded-files';
import { defineClickmaskAnnotator } from './element/clickmask-annotator.js';
import * as clickmask from './index.js';
import { setBundled } from './runtime.js';

/** Bytes of an embedded file: gzip, in base64. */
async function unfold(text: string): Promise<ArrayBuffer> {
  const packed = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  return new Response(new Blob([packed]).stream().pipeThrough(new DecompressionStream('gzip'))).arrayBuffer();
}

let script: string | undefined;

/** Where the page has no origin, as one opened as a file, Chromium starts no module from a blob. */
function addressOf(code: ArrayBuffer): string {
  if (globalThis.origin === 'null') return `data:text/javascript,${encodeURIComponent(new TextDecoder().decode(code))}`;
  return URL.createObjectURL(new Blob([code], { type: 'text/javascript' }));
}

// For pages that shall fetch nothing but this file. Without the GPU's runtime, which would double its size.
setBundled(async () => {
  const { worker, wasm, model } = embedded;
  const [code, wasmBinary, ...graphs] = await Promise.all([worker, wasm, ...Object.values(model)].map(unfold));
  script ??= addressOf(code);
  return {
    worker: script,
    wasmBinary,
    model: Object.fromEntries(Object.keys(model).map((name, index) => [name, new Uint8Array(graphs[index])])),
  };
});
defineClickmaskAnnotator();

// A classic script, so that pages opened as files can use it too, which may load no modules: what it exports is `clickmask`.
Object.assign(globalThis, { clickmask });
