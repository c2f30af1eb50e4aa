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

/** What a writer is given: one object's mask, of the size that the editor expects. */
export interface RegionRequest {
  /** Id of the first region; further ones of the same object derive theirs from it. */
  readonly id: string;
  readonly control: Control & { readonly kind: OutputKind };
  readonly toName: string;
  readonly label?: string;
  readonly mask: MaskRuns;
  readonly score: number;
  readonly imageRotation: number;
  readonly itemIndex?: number;
}

/** Which details of the output may be chosen. */
export interface RegionOptions {
  /**
   * How closely a polygon follows the mask, from 0 (coarse) to 1 (every pixel corner). The outline may deviate by
   * `(1 - detail)² * 2 %` of the object's diagonal, and by 0.75 px at least unless it is 1. Default 0.8.
   */
  readonly polygonDetail?: number;
  /** Most points of one polygon; the tolerance is raised until they suffice. Default 300. */
  readonly polygonMaxPoints?: number;
  /**
   * What becomes of holes, which a Label Studio polygon cannot have: `fill` them (the region says so in its meta text), or
   * `cut` a slit of no width from the outline to each, so that the filled polygon leaves them out. Default `fill`.
   */
  readonly polygonHoles?: 'fill' | 'cut';
  /** Parts of the mask below this share of the largest part are no polygon of their own. Default 0.01. */
  readonly polygonMinPart?: number;
}

/** The fields that all regions of an object share. */
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

/** The part of `value` that names the label; empty for a bare tag or where there is no label. */
export function labelValue(request: RegionRequest): Readonly<Record<string, unknown>> {
  const { control, label } = request;
  return label === undefined || control.labelsFrom !== undefined || !control.type.endsWith('labels')
    ? {}
    : { [control.type]: [label] };
}
