import type { ModelManifest } from '../../src/models/index.js';
import type { GraphSource } from '../../src/runtime/backend.js';
import { versionOf } from '../../src/runtime/oip/served-model.js';

/** A graph of one input and one output, as an inference server holds it: x [batch, 2] to y [batch, 2]. */

export const tinyHash = '0123456789ab'.padEnd(64, '0');
export const tinyVersion = versionOf(tinyHash);

const tensor = (name: string, ...shape: (number | string)[]) => ({ name, type: 'float32' as const, shape });

export const tinySource: GraphSource = {
  manifest: {
    name: 'tiny',
    version: '1',
    graphs: { network: { inputs: [tensor('x', 'batch', 2)], outputs: [tensor('y', 'batch', 2)] } },
  } as unknown as ModelManifest,
  graph: 'network',
  modelHash: tinyHash,
  bytePicture: false,
  read: () => Promise.reject(new Error('The bytes are not wanted.')),
};

export const tinyFeeds = { x: { type: 'float32' as const, shape: [1, 2], data: Float32Array.of(1, 2) } };
