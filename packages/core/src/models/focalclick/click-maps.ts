import { type Click, encodeDisks } from '../../clicks/index.js';
import type { InputPoint, Size } from '../../geometry/index.js';
import type { View } from '../family.js';

/**
 * Disks of the positive clicks, then of the negative ones, shape [2, size.height, size.width].
 *
 * A pixel's index is scaled to the grid, not its centre. Clicks outside the region count if their disk reaches into it,
 * except those beyond both its left and upper edge, which the networks treat as missing.
 *
 * @param radius - in input px
 */
export function clickMaps(
  clicks: readonly Click[],
  { roi, mirrored }: Pick<View, 'roi' | 'mirrored'>,
  size: Size,
  radius: number,
): Float32Array {
  const plane = size.width * size.height;
  const maps = new Float32Array(2 * plane);
  for (const [i, label] of (['positive', 'negative'] as const).entries()) {
    const points: InputPoint[] = [];
    for (const click of clicks) {
      if (click.label !== label) continue;
      const column = ((click.x - 0.5 - roi.x) * size.width) / roi.width;
      const row = ((click.y - 0.5 - roi.y) * size.height) / roi.height;
      const x = mirrored ? size.width - 1 - column : column;
      if (x >= 0 || row >= 0) points.push({ x: x + 0.5, y: row + 0.5 });
    }
    maps.set(encodeDisks(points, size, radius), i * plane);
  }
  return maps;
}
