/** Values by key within a budget. The least recently used go first. */
export interface Lru<K, V> {
  /** The value. It then counts as most recently used. */
  get(key: K): V | undefined;
  /** The value, without counting as a use. */
  peek(key: K): V | undefined;
  /** Stores a value. A value larger than the whole budget is not stored, and evicts no other. */
  set(key: K, value: V): void;
  delete(key: K): boolean;
  clear(): void;
  /** From the least to the most recently used. */
  entries(): IterableIterator<[K, V]>;
  readonly size: number;
  /** Total size of the values. */
  readonly bytes: number;
}

/** Options of {@link createLru}. Without any, nothing is evicted. */
export interface LruOptions<K, V> {
  /** Maximum number of entries. */
  readonly maxEntries?: number;
  /** Maximum bytes of all values, measured by `sizeOf`. */
  readonly maxBytes?: number;
  /** Bytes of a value, measured once when it is set. Default 0. */
  readonly sizeOf?: (value: V, key: K) => number;
  /** Called with each value that leaves: evicted, replaced, deleted, or not stored at all. */
  readonly onLeave?: (value: V, key: K) => void;
}

/**
 * A cache: a map in order of use, with a budget of entries, bytes, or both.
 *
 * @example
 * ```ts
 * import { createLru } from '@clickmask/core/adapters';
 *
 * const lru = createLru<string, Uint8Array>({ maxBytes: 10, sizeOf: (bytes) => bytes.length });
 * for (const key of ['a', 'b']) lru.set(key, new Uint8Array(5));
 * lru.get('a');
 * lru.set('c', new Uint8Array(5));
 * console.log([...lru.entries()].map(([key]) => key).join(' '), lru.bytes); // a c 10
 * ```
 */
export function createLru<K, V>(options: LruOptions<K, V> = {}): Lru<K, V> {
  const { maxEntries = Number.POSITIVE_INFINITY, maxBytes = Number.POSITIVE_INFINITY, sizeOf, onLeave } = options;
  const kept = new Map<K, { readonly value: V; readonly bytes: number }>();
  let total = 0;

  function drop(key: K): boolean {
    const entry = kept.get(key);
    if (entry === undefined) return false;
    kept.delete(key);
    total -= entry.bytes;
    onLeave?.(entry.value, key);
    return true;
  }

  return {
    get(key) {
      const entry = kept.get(key);
      if (entry === undefined) return undefined;
      kept.delete(key);
      kept.set(key, entry);
      return entry.value;
    },
    peek: (key) => kept.get(key)?.value,
    set(key, value) {
      const bytes = sizeOf?.(value, key) ?? 0;
      const before = kept.get(key);
      // Setting the same value again updates its size and does not count as a removal.
      if (before?.value === value) {
        kept.delete(key);
        total -= before.bytes;
      } else drop(key);
      if (bytes > maxBytes || maxEntries < 1) {
        onLeave?.(value, key);
        return;
      }
      kept.set(key, { value, bytes });
      total += bytes;
      for (const oldest of kept.keys()) {
        if (total <= maxBytes && kept.size <= maxEntries) break;
        drop(oldest);
      }
    },
    delete: drop,
    clear() {
      for (const key of [...kept.keys()]) drop(key);
    },
    *entries() {
      for (const [key, { value }] of kept) yield [key, value];
    },
    get size() {
      return kept.size;
    },
    get bytes() {
      return total;
    },
  };
}
