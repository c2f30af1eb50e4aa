/** Listeners by event type. `Events` maps each type to what its listeners receive. */
export interface Emitter<Events> {
  emit<K extends keyof Events>(type: K, event: Events[K]): void;
  /** @returns a function that removes the listener */
  on<K extends keyof Events>(type: K, listener: (event: Events[K]) => void): () => void;
  clear(): void;
}

export function createEmitter<Events>(): Emitter<Events> {
  const listeners = new Map<keyof Events, Set<(event: never) => void>>();
  return {
    emit(type, event) {
      // A copy, because a listener may remove itself.
      for (const listener of [...(listeners.get(type) ?? [])]) {
        try {
          (listener as (event: unknown) => void)(event);
        } catch (error) {
          // As with DOM events: an error in one listener is reported and does not stop the others.
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
