const NONE = 0xffffffff;

/** Points in square cells, about one per cell, to find those inside a triangle. */
export class PointGrid {
  readonly #xs: Float64Array;
  readonly #ys: Float64Array;
  readonly #left: number = 0;
  readonly #top: number = 0;
  readonly #cell: number = 1;
  readonly #columns: number = 1;
  readonly #rows: number = 1;
  /** First point of each cell, and the previous and next point of each point in its cell. */
  readonly #heads: Uint32Array;
  readonly #before: Uint32Array;
  readonly #after: Uint32Array;

  constructor(xs: Float64Array, ys: Float64Array) {
    this.#xs = xs;
    this.#ys = ys;
    const count = xs.length;
    if (count > 0) {
      let right = Number.NEGATIVE_INFINITY;
      let bottom = Number.NEGATIVE_INFINITY;
      this.#left = Number.POSITIVE_INFINITY;
      this.#top = Number.POSITIVE_INFINITY;
      for (let i = 0; i < count; i++) {
        this.#left = Math.min(this.#left, xs[i]);
        right = Math.max(right, xs[i]);
        this.#top = Math.min(this.#top, ys[i]);
        bottom = Math.max(bottom, ys[i]);
      }
      const width = right - this.#left;
      const height = bottom - this.#top;
      // The second term limits the number of cells if all points lie along a line.
      this.#cell = Math.max(Math.sqrt((width * height) / count), (width + height) / count, Number.MIN_VALUE) || 1;
      this.#columns = Math.floor(width / this.#cell) + 1;
      this.#rows = Math.floor(height / this.#cell) + 1;
    }
    this.#heads = new Uint32Array(this.#columns * this.#rows).fill(NONE);
    this.#before = new Uint32Array(count).fill(NONE);
    this.#after = new Uint32Array(count).fill(NONE);
    for (let i = count - 1; i >= 0; i--) {
      const cell = this.#cellOf(i);
      const head = this.#heads[cell];
      this.#after[i] = head;
      if (head !== NONE) this.#before[head] = i;
      this.#heads[cell] = i;
    }
  }

  /** Removes a point. */
  remove(point: number): void {
    const before = this.#before[point];
    const after = this.#after[point];
    if (before === NONE) this.#heads[this.#cellOf(point)] = after;
    else this.#after[before] = after;
    if (after !== NONE) this.#before[after] = before;
  }

  /** Whether any point but the corners, inside the triangle or on its border, passes the test. */
  someInTriangle(a: number, b: number, c: number, test: (point: number) => boolean): boolean {
    const ys = this.#ys;
    const firstRow = this.#row(Math.min(ys[a], ys[b], ys[c]));
    const lastRow = this.#row(Math.max(ys[a], ys[b], ys[c]));
    for (let row = firstRow; row <= lastRow; row++) {
      // Searches only the cells that the triangle covers in this row, so a long thin triangle is not searched as a box.
      const top = row === firstRow ? Number.NEGATIVE_INFINITY : this.#top + row * this.#cell;
      const bottom = row === lastRow ? Number.POSITIVE_INFINITY : this.#top + (row + 1) * this.#cell;
      const [low, high] = this.#reach(a, b, c, top, bottom);
      const lastColumn = this.#column(high + this.#cell * 1e-6);
      for (let column = this.#column(low - this.#cell * 1e-6); column <= lastColumn; column++) {
        for (let i = this.#heads[row * this.#columns + column]; i !== NONE; i = this.#after[i]) {
          if (i !== a && i !== b && i !== c && this.#isInside(i, a, b, c) && test(i)) return true;
        }
      }
    }
    return false;
  }

  /** Least and greatest x of a triangle between two heights. */
  #reach(a: number, b: number, c: number, top: number, bottom: number): [number, number] {
    const xs = this.#xs;
    const ys = this.#ys;
    let low = Number.POSITIVE_INFINITY;
    let high = Number.NEGATIVE_INFINITY;
    let i = c;
    for (let side = 0; side < 3; side++) {
      const j = side === 0 ? a : side === 1 ? b : c;
      const from = Math.max(top, Math.min(ys[i], ys[j]));
      const to = Math.min(bottom, Math.max(ys[i], ys[j]));
      const height = ys[j] - ys[i];
      if (from <= to && height === 0) {
        low = Math.min(low, xs[i], xs[j]);
        high = Math.max(high, xs[i], xs[j]);
      } else if (from <= to) {
        const slope = (xs[j] - xs[i]) / height;
        const start = xs[i] + slope * (from - ys[i]);
        const end = xs[i] + slope * (to - ys[i]);
        low = Math.min(low, start, end);
        high = Math.max(high, start, end);
      }
      i = j;
    }
    return [low, high];
  }

  #isInside(i: number, a: number, b: number, c: number): boolean {
    const ab = this.#turn(a, b, i);
    const bc = this.#turn(b, c, i);
    const ca = this.#turn(c, a, i);
    if (!((ab >= 0 && bc >= 0 && ca >= 0) || (ab <= 0 && bc <= 0 && ca <= 0))) return false;
    if (ab !== 0 || bc !== 0 || ca !== 0) return true;
    // A triangle without area: only points between its corners count.
    const xs = this.#xs;
    const ys = this.#ys;
    return (
      xs[i] >= Math.min(xs[a], xs[b], xs[c]) &&
      xs[i] <= Math.max(xs[a], xs[b], xs[c]) &&
      ys[i] >= Math.min(ys[a], ys[b], ys[c]) &&
      ys[i] <= Math.max(ys[a], ys[b], ys[c])
    );
  }

  /** Twice the signed area of the triangle of three points. */
  #turn(a: number, b: number, c: number): number {
    const xs = this.#xs;
    const ys = this.#ys;
    return (xs[b] - xs[a]) * (ys[c] - ys[a]) - (ys[b] - ys[a]) * (xs[c] - xs[a]);
  }

  #cellOf(point: number): number {
    return this.#row(this.#ys[point]) * this.#columns + this.#column(this.#xs[point]);
  }

  #column(x: number): number {
    return Math.min(this.#columns - 1, Math.max(0, Math.floor((x - this.#left) / this.#cell)));
  }

  #row(y: number): number {
    return Math.min(this.#rows - 1, Math.max(0, Math.floor((y - this.#top) / this.#cell)));
  }
}
