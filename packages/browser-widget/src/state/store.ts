/** The state in one place: everyone can read it, `set` changes it, and listeners are told. */
export interface Store<S> {
  /** Immutable: a change creates a new object. */
  readonly now: S;
  /** Changes fields. Fields that are already equal cause no event. */
  set(change: Partial<S>): void;
  /**
   * Calls the listener after every change with the names of the changed fields. If a listener makes a change, it is
   * reported after all listeners have heard of the first.
   *
   * @returns a function that removes the listener
   */
  subscribe(listener: (changed: ReadonlySet<keyof S>) => void): () => void;
  /** Makes several changes and tells the listeners once, at the end. */
  batch(action: () => void): void;
}

export function createStore<S extends object>(initial: S): Store<S> {
  let state = initial;
  let held = 0;
  let changed = new Set<keyof S>();
  const listeners = new Set<(changed: ReadonlySet<keyof S>) => void>();

  const tell = () => {
    if (held > 0) return;
    held++;
    try {
      while (changed.size > 0) {
        const told = changed;
        changed = new Set();
        for (const listener of [...listeners]) listener(told);
      }
    } finally {
      held--;
    }
  };
  return {
    get now() {
      return state;
    },
    set(change) {
      const keys = (Object.keys(change) as (keyof S)[]).filter((key) => !Object.is(state[key], change[key]));
      if (keys.length === 0) return;
      state = { ...state, ...change };
      for (const key of keys) changed.add(key);
      tell();
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    batch(action) {
      held++;
      try {
        action();
      } finally {
        held--;
        tell();
      }
    },
  };
}
