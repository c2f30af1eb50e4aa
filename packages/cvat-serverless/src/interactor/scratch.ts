import type { Allocate } from '../replies/index.js';

/** Memory for one reply. */
export interface Loan {
  readonly allocate: Allocate;
  giveBack(): void;
}

/**
 * Memory that successive replies reuse. A new buffer of tens of megabytes per click would create garbage faster than it
 * is collected. If the memory is in use, a second reply gets its own.
 */
export function createScratch(): { borrow(): Loan } {
  let kept = Buffer.alloc(0);
  let free = true;
  return {
    borrow() {
      if (!free) return { allocate: Buffer.allocUnsafe, giveBack: () => {} };
      free = false;
      // Also cleared when the loan ends: a reply after its deadline must not write into the next one.
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
