import { bounds, type MaskRuns } from '@clickmask/core';
import { cvatMask } from '@clickmask/core/formats';
import type { CvatShape } from '../client/index.js';
import { outline } from '../replies/outline.js';

/** The kind of a result. */
export type ResultKind = 'mask' | 'polygon' | 'rectangle';

/** All kinds of results. */
export const resultKinds: readonly ResultKind[] = Object.freeze(['mask', 'polygon', 'rectangle']);

/**
 * Makes a shape from a mask, with the frame, label, group, layer and attributes of its source. A polygon is the outline
 * of the largest part without holes, because CVAT's polygons are one ring. A rectangle is upright and tight. Null for
 * an empty mask.
 */
export function resultShape(source: CvatShape, runs: MaskRuns, kind: ResultKind): CvatShape | null {
  const points = pointsOf(runs, kind);
  if (points === null) return null;
  return {
    type: kind,
    frame: source.frame,
    label_id: source.label_id,
    group: source.group ?? 0,
    source: 'semi-auto',
    occluded: source.occluded,
    outside: false,
    z_order: source.z_order,
    rotation: 0,
    points,
    attributes: source.attributes,
  };
}

function pointsOf(runs: MaskRuns, kind: ResultKind): readonly number[] | null {
  const box = bounds(runs);
  if (box === null) return null;
  if (kind === 'mask') return cvatMask.serialize(runs);
  if (kind === 'rectangle') return [box.x, box.y, box.x + box.width, box.y + box.height];
  return outline(runs).flat();
}
