import type { MaskRuns, Rect } from '@clickmask/core';

/**
 * A mask as CVAT stores it: lengths of runs over the rectangle, row after row as one line, the first of zeros, then left,
 * top, right and bottom of the rectangle, both ends inclusive.
 */
export function cvatRle(runs: MaskRuns, rect: Rect): number[] {
  const { rows, spans } = runs;
  const counts: number[] = [];
  // Position behind the last set pixel, and start of the run being collected, both counted along the rectangle.
  let start = 0;
  let end = 0;
  for (let y = 0; y < rect.height; y++) {
    const base = y * rect.width - rect.x;
    for (let i = rows[rect.y + y]; i < rows[rect.y + y + 1]; i++) {
      const left = base + spans[2 * i];
      const right = base + spans[2 * i + 1];
      if (left > end || end === 0) {
        // A run that goes on over the end of a row is one run.
        if (end > 0) counts.push(end - start);
        counts.push(left - end);
        start = left;
      }
      end = right;
    }
  }
  const size = rect.width * rect.height;
  if (end > 0) counts.push(end - start);
  if (end < size) counts.push(size - end);
  counts.push(rect.x, rect.y, rect.x + rect.width - 1, rect.y + rect.height - 1);
  return counts;
}
