import { createSession, type Session } from '@clickmask/core';
import type { SessionValue } from '@clickmask/core/session';

/** Sessions of images shown earlier, with their histories, so that an image can come back as it was left. */
export interface Shelf {
  /** The session of an image, or a new one. */
  take(name: string | object): Session;
  put(name: string | object, session: Session): void;
  /** Every named image, the latest last, and the image put last even without a name. */
  values(): readonly (readonly [name: string, value: SessionValue])[];
  /** The value that the page set for an image that is not shown yet; null if there is none. */
  coming: SessionValue | null;
}

/** @param limit - number of named images to keep; the one left longest ago is dropped first */
export function createShelf(limit = 200): Shelf {
  const named = new Map<string, Session>();
  // Files and canvases have no name: they are kept for as long as the page keeps them.
  const things = new WeakMap<object, Session>();
  let last: { readonly name: string | object; readonly session: Session } | null = null;
  return {
    coming: null,
    take: (name) => (typeof name === 'string' ? named.get(name) : things.get(name)) ?? createSession(),
    put(name, session) {
      last = { name, session };
      if (typeof name !== 'string') {
        things.set(name, session);
        return;
      }
      named.delete(name);
      named.set(name, session);
      for (const oldest of named.keys()) {
        if (named.size <= limit) break;
        named.delete(oldest);
      }
    },
    values() {
      const kept = [...named].map(([name, { value }]) => [name, value] as const);
      return last === null || typeof last.name === 'string' ? kept : [...kept, ['', last.session.value] as const];
    },
  };
}
