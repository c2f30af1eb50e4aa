import { describe, expect, it } from 'vitest';
import { stabilityOf } from './stability.js';

describe('stabilityOf', () => {
  it('is the share that a higher level leaves', () => {
    expect(stabilityOf(Float32Array.of(5, 5, 5, 0.01, -0.01, -5), 0.05)).toBe(3 / 5);
    expect(stabilityOf(Float32Array.of(5, -5), 0.05)).toBe(1);
  });

  it('is 1 for an empty mask', () => {
    expect(stabilityOf(new Float32Array(4).fill(-3), 0.05)).toBe(1);
  });
});
