import type { Tensor } from '../runtime/backend.js';
import type { Features } from './family.js';

/** Features that are an encoder's outputs as they came. */
export interface EncodedFeatures extends Features {
  /** Under the names by which the decoder takes them. */
  readonly tensors: Readonly<Record<string, Tensor>>;
}

/** The outputs with their size. */
export function encoded(tensors: Readonly<Record<string, Tensor>>): EncodedFeatures {
  return { tensors, bytes: Object.values(tensors).reduce((sum, { data }) => sum + data.byteLength, 0) };
}

/** A network's own estimates of quality as scores from 0 to 1; regressed ones go a little beyond. */
export function clampScores(qualities: Float32Array): number[] {
  return Array.from(qualities, (quality) => Math.min(1, Math.max(0, quality)));
}
