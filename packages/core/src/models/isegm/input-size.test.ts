import { describe, expect, it } from 'vitest';
import { inputSize } from './input-size.js';

describe('inputSize', () => {
  const open = { kind: 'longest', zoomed: 400, whole: null } as const;

  it('brings the longer side of a zoomed region to the target, halves to even', () => {
    expect(inputSize({ width: 800, height: 401 }, true, open)).toEqual({ width: 400, height: 200 });
    expect(inputSize({ width: 100, height: 200 }, true, open)).toEqual({ width: 200, height: 400 });
  });

  it('leaves a whole image as it is, or within its limit', () => {
    const size = { width: 1000, height: 500 };
    expect(inputSize(size, false, open)).toEqual(size);
    expect(inputSize(size, false, { ...open, whole: 800 })).toEqual({ width: 800, height: 400 });
    expect(inputSize(size, false, { ...open, whole: 2000 })).toEqual(size);
  });

  it('never comes to nothing', () => {
    expect(inputSize({ width: 4000, height: 1 }, true, open)).toEqual({ width: 400, height: 1 });
  });
});
