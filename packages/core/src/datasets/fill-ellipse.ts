import type { Size } from '../geometry/index.js';
import { type MaskRuns, rasterisePolygons } from '../mask/index.js';

/** Approximates an ellipse by a polygon with many corners. */
export function fillEllipse(x: number, y: number, rx: number, ry: number, turn: number, size: Size): MaskRuns {
  const corners = Math.min(720, Math.max(24, Math.ceil(Math.max(Math.abs(rx), Math.abs(ry)) * 4)));
  const outer = new Float64Array(2 * corners);
  for (let i = 0; i < corners; i++) {
    const angle = (2 * Math.PI * i) / corners;
    const across = rx * Math.cos(angle);
    const down = ry * Math.sin(angle);
    outer[2 * i] = x + across * Math.cos(turn) - down * Math.sin(turn);
    outer[2 * i + 1] = y + across * Math.sin(turn) + down * Math.cos(turn);
  }
  return rasterisePolygons([{ outer, holes: [] }], size);
}
