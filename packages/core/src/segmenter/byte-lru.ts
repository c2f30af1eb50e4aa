/** A least-recently-used cache limited by bytes. For plain data: evicted values are left to the garbage collector. */
export interface ByteLru<T> {
  readonly bytes: number;
  readonly size: number;
  /** Also marks the entry as most recently used. */
  get(key: string): T | undefined;
  /** An entry larger than the whole budget is not stored. */
  set(key: string, value: T, bytes: number): void;
  delete(key: string): void;
  /** Deletes every entry whose key begins with the prefix. */
  deletePrefix(prefix: string): void;
  clear(): void;
}

/** @param budget - maximum bytes */
export function createByteLru<T>(budget: number): ByteLru<T> {
  const entries = new Map<string, { readonly value: T; readonly bytes: number }>();
  let total = 0;
  const remove = (key: string) => {
    total -= entries.get(key)?.bytes ?? 0;
    entries.delete(key);
  };
  return {
    get bytes() {
      return total;
    },
    get size() {
      return entries.size;
    },
    get(key) {
      const entry = entries.get(key);
      if (entry === undefined) return undefined;
      entries.delete(key);
      entries.set(key, entry);
      return entry.value;
    },
    set(key, value, bytes) {
      remove(key);
      if (bytes > budget) return;
      entries.set(key, { value, bytes });
      total += bytes;
      for (const oldest of entries.keys()) {
        if (total <= budget) break;
        remove(oldest);
      }
    },
    delete: remove,
    deletePrefix(prefix) {
      for (const key of [...entries.keys()]) if (key.startsWith(prefix)) remove(key);
    },
    clear() {
      entries.clear();
      total = 0;
    },
  };
}
