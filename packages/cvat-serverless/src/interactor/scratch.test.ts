import { describe, expect, it } from 'vitest';
import { createScratch } from './scratch.js';

describe('createScratch', () => {
  it('uses the same memory again, once it was given back', () => {
    const scratch = createScratch();
    const first = scratch.borrow();
    const memory = first.allocate(100_000);
    first.giveBack();
    expect(scratch.borrow().allocate(50_000).buffer).toBe(memory.buffer);
  });

  it('never hands memory to two', () => {
    const scratch = createScratch();
    const first = scratch.borrow();
    const second = scratch.borrow();
    const memory = first.allocate(100);
    expect(first.allocate(100).buffer).not.toBe(memory.buffer);
    expect(second.allocate(100).buffer).not.toBe(memory.buffer);
    second.giveBack();
    first.giveBack();
    const third = scratch.borrow();
    // The first was over before it asked again, as a reply after its deadline is.
    expect(first.allocate(100).buffer).not.toBe(third.allocate(100).buffer);
  });
});
