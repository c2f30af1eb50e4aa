import type { MaskRuns, Size } from '@clickmask/core';
import type { Control, OutputKind } from '../labeling-config/index.js';

/** One item of a Label Studio result. */
export interface Region {
  readonly id: string;
  readonly type: string;
  readonly from_name: string;
  readonly to_name: string;
  readonly original_width: number;
  readonly original_height: number;
  readonly image_rotation: number;
  readonly item_index?: number;
  readonly origin?: 'prediction';
  readonly score?: number;
  readonly parentID?: string;
  readonly meta?: { readonly text: readonly string[] };
  readonly value: Readonly<Record<string, unknown>>;
}

/** The input of a writer: one object's mask in the size that the editor expects. */
export interface RegionRequest {
  /** Id of the first region. Further regions of the object derive theirs from it. */
  readonly id: string;
  readonly control: Control & { readonly kind: OutputKind };
  readonly toName: string;
  readonly label?: string;
  readonly mask: MaskRuns;
  readonly score: number;
  readonly imageRotation: number;
  readonly itemIndex?: number;
}

/** Options of the output. */
export interface RegionOptions {
  /**
   * How closely a polygon follows the mask, from 0 (coarse) to 1 (every pixel corner). The outline may deviate by
   * `(1 - detail)² * 2 %` of the object's diagonal, and by 0.75 px at least unless it is 1. Default 0.8.
   */
  readonly polygonDetail?: number;
  /** Maximum points of one polygon. The tolerance is raised until they suffice. Default 300. */
  readonly polygonMaxPoints?: number;
  /**
   * What happens to holes, which a Label Studio polygon cannot have. `fill` fills them and says so in the region's meta
   * text. `cut` connects each to the outline by a slit of zero width, so that the filled polygon leaves them out.
   * Default `fill`.
   */
  readonly polygonHoles?: 'fill' | 'cut';
  /** Parts of the mask smaller than this share of the largest part get no polygon. Default 0.01. */
  readonly polygonMinPart?: number;
}

/** Fields that all regions of an object share. */
export function regionFrame(request: RegionRequest, size: Size = request.mask) {
  return {
    from_name: request.control.name,
    to_name: request.toName,
    type: request.control.type,
    original_width: size.width,
    original_height: size.height,
    image_rotation: request.imageRotation,
    ...(request.itemIndex === undefined ? {} : { item_index: request.itemIndex }),
    origin: 'prediction' as const,
    score: Math.min(1, Math.max(0, request.score)),
  };
}

/** The label entry of `value`; empty for a bare tag or without a label. */
export function labelValue(request: RegionRequest): Readonly<Record<string, unknown>> {
  const { control, label } = request;
  return label === undefined || control.labelsFrom !== undefined || !control.type.endsWith('labels')
    ? {}
    : { [control.type]: [label] };
}
