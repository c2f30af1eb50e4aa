import { type Box, bounds, type Click, type MaskRuns, maskFromRuns, type Prompt, type Size } from '@clickmask/core';
import { nextClick } from '@clickmask/core/evaluation';
import { cvatMask } from '@clickmask/core/formats';
import { emptyRuns, rasterisePolygons } from '@clickmask/core/masks';
import type { CvatShape } from '../client/index.js';

/** Kinds of shapes that show where an object is. */
export type SourceKind = 'rectangle' | 'ellipse' | 'mask' | 'polygon';

/** All kinds of shapes that can become masks. */
export const sourceKinds: readonly SourceKind[] = Object.freeze(['rectangle', 'ellipse', 'mask', 'polygon']);

/** A shape's prompt for the segmenter, and the area that the shape covers. */
export interface ShapePrompt {
  readonly prompt: Prompt;
  readonly box: Box;
}

/**
 * The prompt for a shape: a box for rectangles and ellipses; for masks and polygons, the mask itself with a click on
 * its innermost point. Null for a shape that covers nothing of the frame.
 *
 * @throws ClickmaskError `bad-format` for points that do not fit the shape
 */
export function shapePrompt(shape: CvatShape, size: Size): ShapePrompt | null {
  switch (shape.type) {
    case 'rectangle': {
      const [x1, y1, x2, y2] = shape.points;
      return fromBox(turn({ x1, y1, x2, y2 }, shape.rotation ?? 0), size);
    }
    case 'ellipse': {
      const [cx, cy, right, top] = shape.points;
      const box = { x1: 2 * cx - right, y1: top, x2: right, y2: 2 * cy - top };
      return fromBox(turn(box, shape.rotation ?? 0), size);
    }
    case 'mask':
      return fromRuns(cvatMask.parse(shape.points, { size }));
    case 'polygon':
      return fromRuns(rasterisePolygons([{ outer: Float64Array.from(shape.points), holes: [] }], size));
    default:
      return null;
  }
}

function fromBox(box: Box, size: Size): ShapePrompt | null {
  const cut = {
    x1: Math.max(0, Math.min(box.x1, box.x2)),
    y1: Math.max(0, Math.min(box.y1, box.y2)),
    x2: Math.min(size.width, Math.max(box.x1, box.x2)),
    y2: Math.min(size.height, Math.max(box.y1, box.y2)),
  };
  return cut.x2 > cut.x1 && cut.y2 > cut.y1 ? { prompt: { box: cut }, box: cut } : null;
}

function fromRuns(runs: MaskRuns): ShapePrompt | null {
  const rect = bounds(runs);
  if (rect === null) return null;
  const click = nextClick(maskFromRuns(runs), emptyRuns(runs), []) as Click;
  const box = { x1: rect.x, y1: rect.y, x2: rect.x + rect.width, y2: rect.y + rect.height };
  return { prompt: { clicks: [click], mask: runs }, box };
}

/** The upright box around a box rotated about its centre, in degrees. */
function turn(box: Box, degrees: number): Box {
  if (degrees === 0) return box;
  const angle = (degrees * Math.PI) / 180;
  const width = Math.abs(box.x2 - box.x1) / 2;
  const height = Math.abs(box.y2 - box.y1) / 2;
  const dx = width * Math.abs(Math.cos(angle)) + height * Math.abs(Math.sin(angle));
  const dy = width * Math.abs(Math.sin(angle)) + height * Math.abs(Math.cos(angle));
  const cx = (box.x1 + box.x2) / 2;
  const cy = (box.y1 + box.y2) / 2;
  return { x1: cx - dx, y1: cy - dy, x2: cx + dx, y2: cy + dy };
}
