import type { MaskRuns } from '../mask/index.js';

/**
 * A short name for a mask's content, to use with its size as a cache key: two 32-bit hashes in the style of FNV-1a. It
 * does not resist deliberate collisions.
 */
export function fingerprint(runs: MaskRuns): string {
  let a = 0x811c9dc5;
  let b = 0x9dc5811c;
  const mix = (values: Uint32Array) => {
    for (const value of values) {
      a = Math.imul(a ^ value, 0x01000193);
      b = Math.imul(b ^ (value >>> 3) ^ (value << 13), 0x85ebca6b);
    }
  };
  mix(runs.rows);
  mix(runs.spans);
  return `${runs.width}x${runs.height}:${(a >>> 0).toString(16)}:${(b >>> 0).toString(16)}`;
}
