/** Waiting entries of one owner, in the order in which they came. */
export interface Owned {
  /** The owner. Owners are served in turn. */
  readonly owner: string;
  /** Runs only when nothing else waits, and is the first to go if there is no room. */
  readonly background: boolean;
  /** Never gives up its place. */
  readonly stays?: boolean;
}

/** A waiting line whose owners take turns, so that an owner with many requests does not delay the others. */
export interface Turns<T extends Owned> {
  readonly size: number;
  add(entry: T): void;
  delete(entry: T): void;
  /** Takes the next entry: the oldest of the owner whose turn it is. */
  next(): T | undefined;
  /**
   * The entry whose place a newcomer may take in a full line. Deferred work yields to urgent work; then the owner with
   * the most entries yields to one who would still have fewer. Undefined if the newcomer is refused.
   */
  yields(to: Owned): T | undefined;
  [Symbol.iterator](): Iterator<T>;
}

export function createTurns<T extends Owned>(): Turns<T> {
  // An owner who was served moves to the end of the map.
  const now = new Map<string, T[]>();
  const later = new Map<string, T[]>();
  let size = 0;
  const lineOf = ({ background }: Owned) => (background ? later : now);

  function remove(entry: T): void {
    const line = lineOf(entry);
    const own = line.get(entry.owner);
    const at = own?.indexOf(entry) ?? -1;
    if (own === undefined || at < 0) return;
    own.splice(at, 1);
    if (own.length === 0) line.delete(entry.owner);
    size -= 1;
  }

  /** The newest entry of the owner with the most. */
  function last(line: ReadonlyMap<string, readonly T[]>, beyond: number): T | undefined {
    let most: readonly T[] = [];
    for (const own of line.values()) if (own.length >= most.length) most = own;
    return most.length > beyond ? most.findLast(({ stays }) => stays !== true) : undefined;
  }

  return {
    get size() {
      return size;
    },
    add(entry) {
      const line = lineOf(entry);
      const own = line.get(entry.owner);
      if (own === undefined) line.set(entry.owner, [entry]);
      else own.push(entry);
      size += 1;
    },
    delete: remove,
    next() {
      const line = now.size > 0 ? now : later;
      const own = line.values().next().value;
      const entry = own?.[0];
      if (own === undefined || entry === undefined) return undefined;
      remove(entry);
      if (line.delete(entry.owner)) line.set(entry.owner, own);
      return entry;
    },
    yields(to) {
      const after = (lineOf(to).get(to.owner)?.length ?? 0) + 1;
      return to.background ? last(later, after) : (last(later, 0) ?? last(now, after));
    },
    *[Symbol.iterator]() {
      for (const line of [now, later]) for (const own of line.values()) yield* own;
    },
  };
}
