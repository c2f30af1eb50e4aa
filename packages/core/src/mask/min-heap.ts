/** A binary heap of numbered items, smallest key first, without an object per entry. */
export class MinHeap {
  #keys: number[] = [];
  #items: number[] = [];
  #versions: number[] = [];

  /** The item and version of the latest {@link MinHeap.pop}. */
  item = 0;
  version = 0;

  push(key: number, item: number, version: number): void {
    let at = this.#keys.length;
    this.#keys.push(key);
    this.#items.push(item);
    this.#versions.push(version);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (this.#keys[parent] <= key) break;
      this.#move(parent, at);
      at = parent;
    }
    this.#set(at, key, item, version);
  }

  /** Takes the entry with the smallest key into `item` and `version`. Returns false if the heap is empty. */
  pop(): boolean {
    const key = this.#keys.pop();
    if (key === undefined) return false;
    const item = this.#items.pop() as number;
    const version = this.#versions.pop() as number;
    const count = this.#keys.length;
    if (count === 0) {
      this.item = item;
      this.version = version;
      return true;
    }
    this.item = this.#items[0];
    this.version = this.#versions[0];
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= count) break;
      if (child + 1 < count && this.#keys[child + 1] < this.#keys[child]) child++;
      if (this.#keys[child] >= key) break;
      this.#move(child, at);
      at = child;
    }
    this.#set(at, key, item, version);
    return true;
  }

  #move(from: number, to: number): void {
    this.#set(to, this.#keys[from], this.#items[from], this.#versions[from]);
  }

  #set(at: number, key: number, item: number, version: number): void {
    this.#keys[at] = key;
    this.#items[at] = item;
    this.#versions[at] = version;
  }
}
