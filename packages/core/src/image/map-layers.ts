import type { Rect, Size } from '../geometry/index.js';
import { axisWeights, type ResampleFilter } from './axis-weights.js';
import type { MapPatch, ProbabilityMap } from './probability-map.js';
import { resampleRows } from './resize.js';

/** The grids of a map, from bottom to top. */
export function layersOf(map: ProbabilityMap): readonly MapPatch[] {
  return map.patches === undefined ? [map] : [map, ...map.patches];
}

/** Adds a patch to a map. Inside the patch's region, the patch replaces the map. */
export function pasteOnMap(map: ProbabilityMap, patch: MapPatch): ProbabilityMap {
  const visible = (map.patches ?? []).filter((earlier) => !holds(patch.roi, earlier.roi));
  return { ...map, patches: [...visible, patch] };
}

const holds = (outer: Rect, inner: Rect): boolean =>
  inner.x >= outer.x &&
  inner.y >= outer.y &&
  inner.x + inner.width <= outer.x + outer.width &&
  inner.y + inner.height <= outer.y + outer.height;

/**
 * Reads a map of several layers on the grid of a region. Each needed pixel row is composed from the layers, converted
 * from logits to probabilities, and resampled at once, so no full-size map is made.
 *
 * @returns probabilities, shape [size.height, size.width]
 */
export function readLayersOnGrid(map: ProbabilityMap, roi: Rect, size: Size, filter: ResampleFilter): Float32Array {
  const across = axisWeights(roi.width, size.width, filter);
  const down = axisWeights(roi.height, size.height, filter);
  const used = new Uint8Array(roi.width);
  across.weights.forEach((weight, i) => {
    if (weight !== 0) used[across.first[Math.floor(i / across.taps)] + (i % across.taps)] = 1;
  });
  const painters = layersOf(map).map((layer) => rowPainter(layer, roi, used));
  const row = new Float64Array(roi.width);
  return resampleRows(across, down, (y) => {
    row.fill(0);
    for (const paint of painters) paint(roi.y + y, row);
    return row;
  });
}

/** Writes a layer's probabilities of one pixel row over the present values, at the used columns of `roi`. */
function rowPainter(layer: MapPatch, roi: Rect, used: Uint8Array): (y: number, row: Float64Array) => void {
  const across = axisWeights(layer.width, layer.roi.width, layer.filter);
  const down = axisWeights(layer.height, layer.roi.height, layer.filter);
  const offset = layer.roi.x - roi.x;
  const inside: number[] = [];
  for (let x = Math.max(0, -offset); x < layer.roi.width && x + offset < roi.width; x++) {
    if (used[x + offset] === 1) inside.push(x);
  }
  const columns = Int32Array.from(inside);
  // Per used column: the grid column to its left, and the distance from it.
  const left = columns.map((x) => across.first[x]);
  const right = left.map((column) => Math.min(layer.width - 1, column + 1));
  const share = Float64Array.from(columns, (x) => (across.taps === 1 ? 0 : across.weights[2 * x + 1]));
  const line = new Float64Array(layer.width);
  const isLogit = layer.scale === 'logit';
  return (y, row) => {
    const at = y - layer.roi.y;
    if (at < 0 || at >= layer.roi.height) return;
    line.fill(0);
    for (let k = 0; k < down.taps; k++) {
      const weight = down.weights[at * down.taps + k];
      const start = (down.first[at] + k) * layer.width;
      if (weight !== 0) for (let i = 0; i < layer.width; i++) line[i] += weight * layer.data[start + i];
    }
    for (let i = 0; i < columns.length; i++) {
      const start = line[left[i]];
      const value = start + (line[right[i]] - start) * share[i];
      row[columns[i] + offset] = isLogit ? 1 / (1 + Math.exp(-value)) : value;
    }
  };
}
