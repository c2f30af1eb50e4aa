import type { Tensor } from '../runtime/backend.js';
import type { Features } from './family.js';

/** Features that are an encoder's unchanged outputs. */
export interface EncodedFeatures extends Features {
  /** By the decoder's names. */
  readonly tensors: Readonly<Record<string, Tensor>>;
}

/** The outputs with their size. */
export function encoded(tensors: Readonly<Record<string, Tensor>>): EncodedFeatures {
  return { tensors, bytes: Object.values(tensors).reduce((sum, { data }) => sum + data.byteLength, 0) };
}

/** A network's quality estimates as scores from 0 to 1. Regressed estimates can lie slightly outside. */
export function clampScores(qualities: Float32Array): number[] {
  return Array.from(qualities, (quality) => Math.min(1, Math.max(0, quality)));
}
