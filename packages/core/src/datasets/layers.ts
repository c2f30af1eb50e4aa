import type { Size } from '../geometry/index.js';
import { area, difference, emptyRuns, intersection, type MaskRuns, RunBuilder, union } from '../mask/index.js';
import type { LabeledPicture } from './dataset.js';
import type { Note } from './notes.js';

/**
 * Removes overlaps, for formats in which a pixel belongs to one object. The later mask gets shared pixels. Also returns
 * the number of shared pixels.
 */
export function withoutOverlap(picture: LabeledPicture, onNote?: (note: Note) => void): readonly MaskRuns[] {
  let above = emptyRuns(picture);
  const layers: MaskRuns[] = [];
  let shared = 0;
  for (const { runs } of [...picture.objects].reverse()) {
    shared += area(intersection(runs, above));
    layers.push(difference(runs, above));
    above = union(above, runs);
  }
  if (shared > 0) onNote?.({ code: 'overlap-lost', picture: picture.name, pixels: shared });
  return layers.reverse();
}

/** The mask of each value in a map of values, in the order of their first pixel, without the ignored values. */
export function masksByValue(
  { width, height }: Size,
  valueAt: (pixel: number) => number,
  leftOut: (value: number) => boolean,
): Map<number, MaskRuns> {
  const builders = new Map<number, RunBuilder | null>();
  for (let y = 0, pixel = 0; y < height; y++) {
    for (let x = 0; x < width; ) {
      const value = valueAt(pixel);
      const start = x;
      do {
        x++;
        pixel++;
      } while (x < width && valueAt(pixel) === value);
      let builder = builders.get(value);
      if (builder === undefined) {
        builder = leftOut(value) ? null : new RunBuilder({ width, height });
        builders.set(value, builder);
      }
      builder?.add(y, start, x);
    }
  }
  const masks = new Map<number, MaskRuns>();
  for (const [value, builder] of builders) if (builder !== null) masks.set(value, builder.finish());
  return masks;
}

/** Counts the values of a map under a mask of the same size. Returns the most frequent one. */
export function commonValue(runs: MaskRuns, valueAt: (pixel: number) => number): number {
  const counts = new Map<number, number>();
  let best = 0;
  let most = 0;
  for (let y = 0; y < runs.height; y++) {
    for (let i = runs.rows[y]; i < runs.rows[y + 1]; i++) {
      for (let x = runs.spans[2 * i]; x < runs.spans[2 * i + 1]; x++) {
        const value = valueAt(y * runs.width + x);
        const count = (counts.get(value) ?? 0) + 1;
        counts.set(value, count);
        if (count > most) [best, most] = [value, count];
      }
    }
  }
  return best;
}
