import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** A file of `test/fixtures`. */
export function fixture(name: string): Buffer {
  return readFileSync(fileURLToPath(new URL(`../fixtures/${name}`, import.meta.url)));
}

export const hashOf = (bytes: Uint8Array | string): string => createHash('sha256').update(bytes).digest('hex');

const graph = (file: string, inputs: object, outputs: object) => {
  const bytes = fixture(file);
  const tensors = (shapes: object) =>
    Object.entries(shapes).map(([name, shape]) => ({ name, type: 'float32', shape: shape as (number | string)[] }));
  return { file, sha256: hashOf(bytes), bytes: bytes.length, inputs: tensors(inputs), outputs: tensors(outputs) };
};

/** The manifest of the tiny model in `test/fixtures`, as JSON that a test may alter. */
export function tinyManifest() {
  return {
    format: 1,
    family: 'clickmask',
    name: 'tiny',
    version: '1.0.0',
    description: 'a few weights, for tests',
    licence: { id: 'Apache-2.0', commercialUse: true },
    source: { text: 'Made up.' },
    threshold: 0.5,
    refinement: { cascade: { steps: 0, settledPixels: null, clicks: 'every' }, zoomIn: null, flip: false },
    graphs: {
      encoder: graph('tiny-encoder.onnx', { image: [1, 3, 32, 32] }, { features: [1, 2, 8, 8] }),
      decoder: graph(
        'tiny-decoder.onnx',
        { features: [1, 2, 8, 8], clicks: [1, 'clicks', 3], previous: [1, 1, 8, 8] },
        { logits: [1, 1, 8, 8] },
      ),
    },
    options: {} as Record<string, unknown>,
  };
}

/** A folder with the tiny model, after its manifest was altered; `remove` deletes it. */
export function tinyModelFolder(alter: (manifest: ReturnType<typeof tinyManifest>) => unknown = () => {}): {
  readonly folder: string;
  /** SHA-256 of model.json. */
  readonly sha256: string;
  remove(): void;
} {
  const folder = mkdtempSync(join(tmpdir(), 'clickmask-model-'));
  const manifest = tinyManifest();
  alter(manifest);
  const text = JSON.stringify(manifest);
  writeFileSync(join(folder, 'model.json'), text);
  for (const file of ['tiny-encoder.onnx', 'tiny-decoder.onnx']) writeFileSync(join(folder, file), fixture(file));
  return { folder, sha256: hashOf(text), remove: () => rmSync(folder, { recursive: true, force: true }) };
}
