import type { Allocate } from '../replies/index.js';

/** Memory for one reply. */
export interface Loan {
  readonly allocate: Allocate;
  giveBack(): void;
}

/**
 * Memory that replies are written into one after another. A reply of tens of megabytes for every click would leave garbage
 * faster than it is collected. A second loan at the same time gets memory of its own.
 */
export function createScratch(): { borrow(): Loan } {
  let kept = Buffer.alloc(0);
  let free = true;
  return {
    borrow() {
      if (!free) return { allocate: Buffer.allocUnsafe, giveBack: () => {} };
      free = false;
      // Also set when the loan is over: a reply that comes after its deadline must not write into the next one.
      let used = false;
      return {
        allocate(size) {
          if (used) return Buffer.allocUnsafe(size);
          used = true;
          if (kept.length < size) kept = Buffer.allocUnsafeSlow(size);
          return kept.subarray(0, size);
        },
        giveBack() {
          used = true;
          free = true;
        },
      };
    },
  };
}
