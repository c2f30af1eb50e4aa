import type { Size } from '../geometry/index.js';
import type { MaskRuns } from '../mask/index.js';

/** Squared distances, row-major (H, W). */
export interface SquaredDistances extends Size {
  readonly data: Int32Array;
}

/**
 * The exact squared Euclidean distance transform: for each set pixel, the squared distance between its centre and the
 * centre of the nearest unset pixel; 0 for unset pixels. Everything beyond the border is unset.
 *
 * All values are whole numbers, so equal distances compare as equal. Takes linear time: first distances along the
 * columns, then, for each run of a row, the lower envelope of the parabolas that these define. A run needs no parabola
 * beyond its two neighbours, because these are nearer.
 */
export function squaredDistances(runs: MaskRuns): SquaredDistances {
  const { width, height, rows, spans } = runs;
  const data = columnDistances(runs);
  // The envelope: parabolas by column, and the first column where each is the lowest. At most one per column, and two
  // ends.
  const columns = new Int32Array(width + 2);
  const heights = new Float64Array(width + 2);
  const starts = new Int32Array(width + 2);
  for (let y = 0; y < height; y++) {
    const offset = y * width;
    for (let i = rows[y]; i < rows[y + 1]; i++) {
      const start = spans[2 * i];
      const end = spans[2 * i + 1];
      let top = 0;
      columns[0] = start - 1;
      heights[0] = 0;
      starts[0] = start;
      for (let x = start; x <= end; x++) {
        const g = x < end ? data[offset + x] : 0;
        const squared = g * g;
        while (top >= 0) {
          const at = starts[top] - columns[top];
          const from = starts[top] - x;
          if (at * at + heights[top] <= from * from + squared) break;
          top--;
        }
        // The column after which this parabola is below the last one of the envelope.
        let begin = start;
        if (top >= 0) {
          const last = columns[top];
          begin = 1 + Math.floor((x * x - last * last + squared - heights[top]) / (2 * (x - last)));
        }
        if (begin < end) {
          top++;
          columns[top] = x;
          heights[top] = squared;
          starts[top] = begin;
        }
      }
      for (let x = end - 1; x >= start; x--) {
        const across = x - columns[top];
        data[offset + x] = across * across + heights[top];
        if (x === starts[top]) top--;
      }
    }
  }
  return { width, height, data };
}

/** For each set pixel, the distance to the nearest unset pixel of its column. */
function columnDistances(runs: MaskRuns): Int32Array {
  const { width, height, rows, spans } = runs;
  const data = new Int32Array(width * height);
  for (let y = 0; y < height; y++) {
    const offset = y * width;
    for (let i = rows[y]; i < rows[y + 1]; i++) {
      const end = offset + spans[2 * i + 1];
      for (let p = offset + spans[2 * i]; p < end; p++) data[p] = y === 0 ? 1 : data[p - width] + 1;
    }
  }
  for (let y = height - 1; y >= 0; y--) {
    const offset = y * width;
    for (let i = rows[y]; i < rows[y + 1]; i++) {
      const end = offset + spans[2 * i + 1];
      for (let p = offset + spans[2 * i]; p < end; p++) {
        const below = y === height - 1 ? 1 : data[p + width] + 1;
        if (below < data[p]) data[p] = below;
      }
    }
  }
  return data;
}
