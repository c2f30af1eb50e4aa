/** State in one place: read by all, changed by `set`, and told to those who listen. */
export interface Store<S> {
  /** Never altered: a change puts another object in its place. */
  readonly now: S;
  /** Changes fields. Those that are the same already change nothing. */
  set(change: Partial<S>): void;
  /**
   * Calls the listener after every change with the names of what changed. A change that a listener makes is told after
   * all of them have heard of the one before.
   *
   * @returns the function that ends it
   */
  subscribe(listener: (changed: ReadonlySet<keyof S>) => void): () => void;
  /** Does several things of which listeners are told once, at the end. */
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
