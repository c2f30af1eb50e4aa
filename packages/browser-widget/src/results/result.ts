import { bounds, findCodec, type Mask, type MaskRuns, maskFromRuns } from '@clickmask/core';
import type {
  CocoRle,
  CocoRleUncompressed,
  GeoJsonGeometry,
  LabelStudioRle,
  PolygonJson,
} from '@clickmask/core/formats';
import type { Rect } from '@clickmask/core/masks';
import { maskPng } from './png.js';

/** What a mask can be handed out as: plain forms, and every codec of the core by its name. */
export interface ResultTypes {
  readonly runs: MaskRuns;
  readonly mask: Mask;
  readonly bbox: Rect;
  readonly 'coco-rle': CocoRle;
  readonly 'coco-rle-uncompressed': CocoRleUncompressed;
  readonly 'coco-polygon': number[][];
  readonly 'label-studio-rle': LabelStudioRle;
  readonly 'cvat-mask': number[];
  readonly polygon: PolygonJson;
  readonly geojson: GeoJsonGeometry;
  readonly 'svg-path': string;
  /** An 8-bit grey picture of the whole size, 255 on the object and 0 around it. */
  readonly png: Promise<Blob>;
}

export type ResultFormat = keyof ResultTypes;
export type ResultOf<F extends ResultFormat> = ResultTypes[F];

/** Formats made of outlines: they get the detail as fewer corners, and not as a mask drawn with fewer corners. */
const outlineFormats: readonly string[] = ['coco-polygon', 'polygon', 'geojson', 'svg-path'];

export function isOutlineFormat(format: string): boolean {
  return outlineFormats.includes(format);
}

/**
 * A mask in a format; null where it is empty.
 *
 * @param detail - of formats made of outlines, 0 to 1
 * @throws ClickmaskError `bad-option` for an unknown format; the message lists the known ones
 */
export function serializeResult<F extends ResultFormat>(format: F, runs: MaskRuns, detail: number): ResultOf<F> | null {
  if (runs.spans.length === 0) return null;
  const plain: Readonly<Record<string, () => unknown>> = {
    runs: () => runs,
    mask: () => maskFromRuns(runs),
    bbox: () => bounds(runs),
    png: () => maskPng(runs),
  };
  if (Object.hasOwn(plain, format)) return plain[format]() as ResultOf<F>;
  return findCodec(format).serialize(runs, isOutlineFormat(format) ? { detail } : {}) as ResultOf<F>;
}
