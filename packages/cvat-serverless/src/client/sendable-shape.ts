import type { CvatShape } from './types.js';

/** Removes the fields that a server writes as null but refuses as null, so that a shape can be sent back. */
export function sendableShape(shape: CvatShape): CvatShape {
  return Object.fromEntries(Object.entries(shape).filter(([, value]) => value !== null)) as unknown as CvatShape;
}
