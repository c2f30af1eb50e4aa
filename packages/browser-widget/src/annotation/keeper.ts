import { emptyValue, handOut, type SessionValue } from '@clickmask/core/session';
import { createStore, del, get, set } from 'idb-keyval';
import type { AnnotatorStore } from '../state/state.js';

/** Keeps objects between visits, and knows whether there are unsaved changes. */
export interface Keeper {
  /** What was kept of an image. Null if nothing was kept, or if keeping is off. */
  recall(name: string | object): Promise<unknown>;
  /** The image with this name is now shown, with its present value. */
  begin(name: string | object): void;
  /** The present value is saved elsewhere. */
  markSaved(): void;
  destroy(): void;
}

/** Milliseconds between two writes. The first change is written at once; the changes that follow are gathered. */
const gatherMs = 200;

export function createKeeper(store: AnnotatorStore): Keeper {
  let name: string | null = null;
  let written: SessionValue = emptyValue;
  let saved: SessionValue = emptyValue;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let database: ReturnType<typeof createStore> | undefined;
  const open = () => {
    database ??= createStore('clickmask', 'values');
    return database;
  };
  const keyOf = (picture: string) => `${store.now.persist}\n${picture}`;
  const write = () => {
    clearTimeout(timer);
    timer = undefined;
    const { value, persist } = store.now;
    if (persist === null || name === null || value === written) return;
    written = value;
    const key = keyOf(name);
    const done = value.objects.length === 0 ? del(key, open()) : set(key, handOut(value), open());
    // A browser that stores nothing (a private window) then does this work only when the page is left.
    done.catch(() => {});
  };
  const stop = store.subscribe((changed) => {
    if (!changed.has('value') || timer !== undefined) return;
    write();
    timer = setTimeout(write, gatherMs);
  });
  const leaving = (event: BeforeUnloadEvent) => {
    write();
    if (store.now.warnBeforeLeaving && store.now.value !== saved) event.preventDefault();
  };
  const hidden = () => document.visibilityState === 'hidden' && write();
  globalThis.addEventListener('beforeunload', leaving);
  globalThis.addEventListener('pagehide', write);
  document.addEventListener('visibilitychange', hidden);
  return {
    async recall(picture) {
      write();
      if (store.now.persist === null || typeof picture !== 'string') return null;
      const found = await get(keyOf(picture), open()).catch(() => {});
      return found ?? null;
    },
    begin(picture) {
      clearTimeout(timer);
      timer = undefined;
      name = typeof picture === 'string' ? picture : null;
      written = store.now.value;
      saved = store.now.value;
    },
    markSaved() {
      saved = store.now.value;
    },
    destroy() {
      write();
      stop();
      // The browser would hold the connection, and all it knows, as long as the page. It ends after what is being written.
      database?.('readonly', ({ transaction }) => transaction.db.close()).catch(() => {});
      globalThis.removeEventListener('beforeunload', leaving);
      globalThis.removeEventListener('pagehide', write);
      document.removeEventListener('visibilitychange', hidden);
    },
  };
}
