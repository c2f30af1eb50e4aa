import type { CvatShape } from './types.js';

/** A shape as a server takes it back: without the fields that it writes as null itself, and refuses so. */
export function sendableShape(shape: CvatShape): CvatShape {
  return Object.fromEntries(Object.entries(shape).filter(([, value]) => value !== null)) as unknown as CvatShape;
}
