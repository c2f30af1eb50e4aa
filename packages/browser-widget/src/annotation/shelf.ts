import { createSession, type Session } from '@clickmask/core';
import type { SessionValue } from '@clickmask/core/session';

/** Sessions of images that were shown, each with its history, for when an image comes back. */
export interface Shelf {
  /** The session of an image; a new one where none is kept. */
  take(name: string | object): Session;
  put(name: string | object, session: Session): void;
  /** Every image that is known by a name, the latest last, and the one that was put last, whatever it is. */
  values(): readonly (readonly [name: string, value: SessionValue])[];
  /** What the page set for the image that is still to come; null: nothing. */
  coming: SessionValue | null;
}

/** @param limit - named images that are kept; the one left longest ago goes first */
export function createShelf(limit = 200): Shelf {
  const named = new Map<string, Session>();
  // Images that are things, as files and canvases, are kept as long as the page keeps them.
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
