import embedded from 'virtual:embedded-files';
import { defineClickmaskAnnotator } from './element/clickmask-annotator.js';
import * as clickmask from './index.js';
import { setBundled } from './runtime.js';

/** Decodes an embedded file: gzip in base64. */
async function unfold(text: string): Promise<ArrayBuffer> {
  const packed = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  return new Response(new Blob([packed]).stream().pipeThrough(new DecompressionStream('gzip'))).arrayBuffer();
}

let script: string | undefined;

/** On a page without an origin (opened as a file), Chromium cannot start a module from a blob. */
function addressOf(code: ArrayBuffer): string {
  if (globalThis.origin === 'null') return `data:text/javascript,${encodeURIComponent(new TextDecoder().decode(code))}`;
  return URL.createObjectURL(new Blob([code], { type: 'text/javascript' }));
}

// For pages that may fetch only this file. It has no GPU runtime, which would double its size.
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

// A classic script, because pages opened as files cannot load modules. Its exports are the global `clickmask`.
Object.assign(globalThis, { clickmask });
