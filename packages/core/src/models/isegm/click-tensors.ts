import { type Click, encodeDisks, encodeDistances } from '../../clicks/index.js';
import type { InputPoint, Size } from '../../geometry/index.js';
import type { Tensor } from '../../runtime/backend.js';
import type { View } from '../family.js';

/** How clicks are drawn. */
export interface ClickEncoding {
  /** `disks` of that radius, or `distances`: tanh of twice the distance in units of the radius (f-BRS). */
  readonly kind: 'disks' | 'distances';
  /** In input px. */
  readonly radius: number;
}

/** A click on the network's grid, with its place in the order of clicks. */
export interface InputClick {
  readonly point: InputPoint;
  readonly label: Click['label'];
  readonly order: number;
}

/**
 * Converts clicks to the grid as the published predictors do. A pixel's index is scaled, not its centre, so clicks are
 * up to half a cell off in shrunk regions.
 *
 * @param outside - whether clicks outside the region are kept; those beyond both its left and upper edge never are
 */
export function inputClicks(clicks: readonly Click[], view: View, size: Size, outside: 'keep' | 'drop'): InputClick[] {
  const { roi, mirrored } = view;
  const made: InputClick[] = [];
  clicks.forEach((click, order) => {
    const column = ((click.x - 0.5 - roi.x) * size.width) / roi.width;
    const row = ((click.y - 0.5 - roi.y) * size.height) / roi.height;
    const inside = column >= 0 && row >= 0 && column < size.width && row < size.height;
    if (outside === 'drop' && !inside) return;
    const x = mirrored ? size.width - 1 - column : column;
    // The networks treat a point with two negative coordinates as missing.
    if (x < 0 && row < 0) return;
    made.push({ point: { x: x + 0.5, y: row + 0.5 }, label: click.label, order });
  });
  return made;
}

/** One map of the clicks with one label, shape [size.height, size.width]. */
export function clickMap(points: readonly InputPoint[], size: Size, encoding: ClickEncoding): Float32Array {
  if (encoding.kind === 'disks') return encodeDisks(points, size, encoding.radius);
  // In single precision, tanh is 1 from 10 on.
  const map = encodeDistances(points, size, 5 * encoding.radius);
  for (let i = 0; i < map.length; i++) map[i] = Math.tanh((2 * map[i]) / encoding.radius);
  return map;
}

/** `points` [1, 2N, 3]: row, column, order; N positive ones, then N negative ones, padded with -1. */
export function pointsTensor(clicks: readonly InputClick[]): Tensor {
  const positive = clicks.filter((click) => click.label === 'positive');
  const negative = clicks.filter((click) => click.label === 'negative');
  const half = Math.max(1, positive.length, negative.length);
  const data = new Float32Array(2 * half * 3).fill(-1);
  const write = (list: readonly InputClick[], first: number) => {
    list.forEach(({ point, order }, i) => {
      data.set([point.y - 0.5, point.x - 0.5, order], (first + i) * 3);
    });
  };
  write(positive, 0);
  write(negative, half);
  return { type: 'float32', shape: [1, 2 * half, 3], data };
}
