/** Waiting entries of one owner, in the order in which they came. */
export interface Owned {
  /** Whose it is: owners are served in turn. */
  readonly owner: string;
  /** Only when nothing else waits, and the first to go where there is no room. */
  readonly background: boolean;
  /** Never gives up its place. */
  readonly stays?: boolean;
}

/** A waiting line in which owners take turns, so that one with many requests does not make the others wait. */
export interface Turns<T extends Owned> {
  readonly size: number;
  add(entry: T): void;
  delete(entry: T): void;
  /** Takes the one whose turn it is: of its owner the oldest. */
  next(): T | undefined;
  /**
   * Whose place a newcomer may take where there is no more room: work for later gives way to what is wanted now, then the
   * owner with the most gives way to one who would still have fewer. Undefined where it is the newcomer who has to go.
   */
  yields(to: Owned): T | undefined;
  [Symbol.iterator](): Iterator<T>;
}

export function createTurns<T extends Owned>(): Turns<T> {
  // An owner who was served goes to the end of the map.
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

  /** The newest of the owner with the most. */
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
