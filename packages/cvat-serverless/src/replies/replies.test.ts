import { maskFromRuns, runsFromMask } from '@clickmask/core';
import { emptyRuns, rectRuns } from '@clickmask/core/masks';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeStored, readAsClassicUi, readAsModernUi } from '../../test/support/cvat-ui.js';
import { writeReply } from './index.js';
import { checkReplyFormat } from './reply-format.js';

const masks = fc
  .record({ width: fc.integer({ min: 1, max: 24 }), height: fc.integer({ min: 1, max: 24 }) })
  .chain(({ width, height }) =>
    fc
      .uint8Array({ minLength: width * height, maxLength: width * height, max: 1 })
      .map((data) => ({ width, height, data })),
  );

describe('replies as the user interface reads them', () => {
  it('gives the mask back from the full mask, in every version', () => {
    fc.assert(
      fc.property(masks, (mask) => {
        const text = writeReply({ runs: runsFromMask(mask), score: 0.5 }, 'mask').toString();
        const classic = readAsClassicUi(text);
        expect(decodeStored(classic.rle, mask.width, mask.height)).toEqual(mask.data);
        const [modern] = readAsModernUi(text);
        expect(decodeStored(modern.rle, mask.width, mask.height)).toEqual(mask.data);
      }),
    );
  });

  it('gives the mask back from a mask with bounds', () => {
    fc.assert(
      fc.property(masks, (mask) => {
        const classic = readAsClassicUi(writeReply({ runs: runsFromMask(mask), score: 0.5 }, 'mask-bounds').toString());
        expect(decodeStored(classic.rle, mask.width, mask.height)).toEqual(mask.data);
      }),
    );
  });

  it('gives the mask back from shapes', () => {
    fc.assert(
      fc.property(masks, (mask) => {
        const shapes = readAsModernUi(writeReply({ runs: runsFromMask(mask), score: 0.5 }, 'shapes').toString());
        const empty = mask.data.every((value) => value === 0);
        expect(shapes.length).toBe(empty ? 0 : 1);
        for (const shape of shapes) expect(decodeStored(shape.rle, mask.width, mask.height)).toEqual(mask.data);
      }),
    );
  });

  it('has corners for every mask that is not empty, inside the frame', () => {
    fc.assert(
      fc.property(masks, (mask) => {
        const { points } = readAsClassicUi(writeReply({ runs: runsFromMask(mask), score: 0.5 }, 'mask').toString());
        if (mask.data.every((value) => value === 0)) {
          expect(points).toEqual([]);
          return;
        }
        expect(points.length).toBeGreaterThanOrEqual(3);
        for (const [x, y] of points) {
          expect(x >= 0 && x <= mask.width && y >= 0 && y <= mask.height).toBe(true);
        }
      }),
    );
  });

  it('does not fail on an empty mask', () => {
    const runs = emptyRuns({ width: 5, height: 3 });
    for (const format of ['mask', 'mask-bounds'] as const) {
      const read = readAsClassicUi(writeReply({ runs, score: 0 }, format).toString());
      expect(read.points).toEqual([]);
      expect(decodeStored(read.rle, 5, 3)).toEqual(new Uint8Array(15));
    }
    expect(writeReply({ runs, score: 0 }, 'shapes').toString()).toBe('{"shapes":[]}');
    // The stand-in fails like the original where the points are missing.
    expect(() => readAsClassicUi('{"mask":[[0,0]]}')).toThrow(TypeError);
  });

  it('outlines the largest part by its pixel edges', () => {
    const runs = rectRuns({ width: 10, height: 8 }, { x: 2, y: 1, width: 5, height: 4 });
    const { points } = JSON.parse(writeReply({ runs, score: 1 }, 'mask').toString()) as { points: number[][] };
    expect(points.map(String).sort()).toEqual(['2,1', '2,5', '7,1', '7,5']);
  });

  it('tells the confidence as the first attribute', () => {
    const runs = rectRuns({ width: 3, height: 3 }, { x: 0, y: 0, width: 1, height: 1 });
    const [shape] = readAsModernUi(writeReply({ runs, score: 1.2 }, 'shapes').toString());
    expect(shape.confidence).toBe('1.000');
    expect(shape.rle).toEqual([0, 1, 0, 0, 0, 0]);
  });

  it('writes a large mask without loss', () => {
    const mask = maskFromRuns(rectRuns({ width: 1999, height: 1501 }, { x: 3, y: 7, width: 1700, height: 1400 }));
    const parsed = JSON.parse(writeReply({ runs: runsFromMask(mask), score: 1 }, 'mask').toString()) as {
      mask: number[][];
    };
    expect(parsed.mask.length).toBe(1501);
    expect(Buffer.compare(Uint8Array.from(parsed.mask.flat()), mask.data)).toBe(0);
  });
});

it('refuses an unknown form', () => {
  expect(() => checkReplyFormat('masks')).toThrow(/Expected 'mask', 'mask-bounds', 'shapes' for reply/);
});
