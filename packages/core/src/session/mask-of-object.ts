import { difference, type MaskRuns, union } from '../mask/index.js';
import type { AnnotatedObject } from './value.js';

const known = /*#__PURE__*/ new WeakMap<AnnotatedObject, { readonly runs: MaskRuns | null }>();

/**
 * The mask of an object, from the network and the brush; null without one. The same object returns the same runs.
 *
 * @example
 * ```ts
 * import { rectRuns } from '@clickmask/core/masks';
 * import { addObjectFromMask, emptyValue, maskOfObject } from '@clickmask/core/session';
 *
 * const mask = rectRuns({ width: 640, height: 480 }, { x: 10, y: 10, width: 50, height: 20 });
 * const [object] = addObjectFromMask(mask)(emptyValue).objects;
 * console.log(maskOfObject(object) === mask); // true
 * ```
 */
export function maskOfObject(object: AnnotatedObject): MaskRuns | null {
  const found = known.get(object);
  if (found !== undefined) return found.runs;
  const base = object.result?.runs ?? object.prompt.start;
  const added = object.painted === null ? base : base === null ? object.painted : union(base, object.painted);
  const runs = added === null || object.erased === null ? added : difference(added, object.erased);
  known.set(object, { runs });
  return runs;
}
