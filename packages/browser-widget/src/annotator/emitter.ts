/** Listeners by the type of event; `Events` maps each type to what its listeners are given. */
export interface Emitter<Events> {
  emit<K extends keyof Events>(type: K, event: Events[K]): void;
  /** @returns the function that takes the listener away */
  on<K extends keyof Events>(type: K, listener: (event: Events[K]) => void): () => void;
  clear(): void;
}

export function createEmitter<Events>(): Emitter<Events> {
  const listeners = new Map<keyof Events, Set<(event: never) => void>>();
  return {
    emit(type, event) {
      // A copy: a listener may take itself away.
      for (const listener of [...(listeners.get(type) ?? [])]) {
        try {
          (listener as (event: unknown) => void)(event);
        } catch (error) {
          // As with events of the page: what one listener throws is reported, and stops nothing else.
          globalThis.reportError(error);
        }
      }
    },
    on(type, listener) {
      const set = listeners.get(type) ?? new Set();
      listeners.set(type, set);
      set.add(listener as (event: never) => void);
      return () => set.delete(listener as (event: never) => void);
    },
    clear: () => listeners.clear(),
  };
}
