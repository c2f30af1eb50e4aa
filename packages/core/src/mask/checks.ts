import { expectInteger, unexpected } from '../errors/index.js';
import type { Size } from '../geometry/index.js';
import type { MaskRuns } from './mask-runs.js';

/**
 * Which neighbours count as connected: 4 are those that share a side, 8 also those that share a corner. If the
 * foreground is 8-connected, the background is 4-connected, and vice versa.
 */
export type Connectivity = 4 | 8;

/** Throws `bad-option` unless the value is 4 or 8. */
export function checkConnectivity(connectivity: unknown): asserts connectivity is Connectivity {
  if (connectivity !== 4 && connectivity !== 8) {
    throw unexpected('bad-option', 'connectivity', '4 or 8', connectivity);
  }
}

/** Throws `bad-mask` unless both masks have the same size. */
export function checkSameSize(a: Size, b: Size): void {
  if (a.width !== b.width || a.height !== b.height) {
    throw unexpected(
      'bad-mask',
      'the second mask',
      `a size of ${a.width} x ${a.height} px`,
      `${b.width} x ${b.height} px`,
    );
  }
}

/** Throws `bad-mask` unless both sides are whole numbers ≥ 1. */
export function checkSize(size: Size): void {
  expectInteger('bad-mask', 'width', size?.width, 1);
  expectInteger('bad-mask', 'height', size?.height, 1);
}

/**
 * Checks untrusted runs, for instance from a port: shapes, order, no empty or touching runs, all inside the image. The
 * cost is proportional to the number of runs.
 *
 * @throws ClickmaskError `bad-mask`
 *
 * @example
 * ```ts
 * import { checkRuns, emptyRuns } from '@clickmask/core/masks';
 *
 * checkRuns(emptyRuns({ width: 4, height: 3 }));
 * ```
 */
export function checkRuns(runs: MaskRuns): void {
  checkSize(runs);
  const { width, height, rows, spans } = runs;
  if (!(rows instanceof Uint32Array) || rows.length !== height + 1) {
    throw unexpected('bad-mask', 'runs.rows', `a Uint32Array of ${height + 1} values`, rows);
  }
  if (!(spans instanceof Uint32Array) || rows[0] !== 0 || rows[height] * 2 !== spans.length) {
    throw unexpected('bad-mask', 'runs.spans', `a Uint32Array of ${rows[height] * 2} values`, spans);
  }
  for (let y = 0; y < height; y++) {
    if (rows[y + 1] < rows[y] || rows[y + 1] > rows[height]) {
      throw unexpected('bad-mask', `runs.rows[${y + 1}]`, `at least ${rows[y]}`, rows[y + 1]);
    }
    let free = 0;
    for (let i = 2 * rows[y]; i < 2 * rows[y + 1]; i += 2) {
      if (spans[i] < free || spans[i + 1] <= spans[i] || spans[i + 1] > width) {
        throw unexpected(
          'bad-mask',
          `the runs of row ${y}`,
          `ordered columns up to ${width}, apart from each other`,
          `${spans[i]} to ${spans[i + 1]}`,
        );
      }
      free = spans[i + 1] + 1;
    }
  }
}
