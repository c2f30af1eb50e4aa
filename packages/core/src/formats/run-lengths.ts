import type { Size } from '../geometry/index.js';
import { addLinear, type MaskRuns, RunBuilder } from '../mask/mask-runs.js';
import { badFormat } from './codec.js';

/**
 * Lengths of equal pixels, row by row over the whole image. The first counts unset pixels (0 if the first pixel is
 * set); then set and unset alternate. The last length is never 0, and the sum is `width * height`.
 */
export function runLengths(runs: MaskRuns): number[] {
  const { width, height, rows, spans } = runs;
  const lengths: number[] = [];
  let position = 0;
  for (let y = 0; y < height; y++) {
    for (let i = 2 * rows[y]; i < 2 * rows[y + 1]; i += 2) {
      const start = y * width + spans[i];
      const end = y * width + spans[i + 1];
      // The run continues at the start of the next row.
      if (start === position && lengths.length > 0) lengths[lengths.length - 1] += end - start;
      else lengths.push(start - position, end - start);
      position = end;
    }
  }
  if (position < width * height) lengths.push(width * height - position);
  return lengths;
}

/**
 * The inverse of {@link runLengths}, for untrusted lengths. Lengths of 0 are allowed.
 *
 * @throws ClickmaskError `bad-format` unless the lengths are whole numbers ≥ 0 that add up to the number of pixels
 */
export function runsFromLengths(codec: string, lengths: readonly unknown[], size: Size): MaskRuns {
  const total = size.width * size.height;
  const builder = new RunBuilder(size);
  let position = 0;
  for (let i = 0; i < lengths.length; i++) {
    const length = lengths[i];
    if (!Number.isInteger(length) || (length as number) < 0 || (length as number) > total - position) {
      throw badFormat(codec, `run length ${i}`, `a whole number from 0 to ${total - position}`, length);
    }
    const end = position + (length as number);
    if ((i & 1) === 1) addLinear(builder, size.width, position, end);
    position = end;
  }
  if (position !== total) throw badFormat(codec, 'the sum of the run lengths', String(total), position);
  return builder.finish();
}
