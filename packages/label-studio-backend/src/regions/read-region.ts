import type { MaskRuns, Size } from '@clickmask/core';
import { labelStudioRle, polygonJson } from '@clickmask/core/formats';
import { runsFromMask } from '@clickmask/core/masks';

type Values = Readonly<Record<string, unknown>>;

/** Whether {@link readMask} can read the value. */
export function holdsMask({ rle, points, imageDataURL }: Values): boolean {
  return Array.isArray(rle) || Array.isArray(points) || typeof imageDataURL === 'string';
}

/**
 * The mask of a brush, polygon or bitmask region as Label Studio stores it.
 *
 * @param size - size of the image in the editor
 * @returns undefined for other regions
 * @throws if the region is damaged
 */
export async function readMask(value: Values, size: Size, maxPixels: number): Promise<MaskRuns | undefined> {
  if (size.width * size.height > maxPixels) return undefined;
  if (Array.isArray(value.rle)) return labelStudioRle.parse(value.rle, { size, maxPixels });
  if (Array.isArray(value.points)) {
    const ring = value.points.slice(0, maxPoints).map((point) => toPixels(point, size));
    return polygonJson.parse([[ring]], { size, maxPixels });
  }
  if (typeof value.imageDataURL !== 'string') return undefined;
  const bytes = Buffer.from(value.imageDataURL.slice(value.imageDataURL.indexOf(',') + 1), 'base64');
  const { default: sharp } = await import('sharp');
  const picture = sharp(bytes, { limitInputPixels: maxPixels }).ensureAlpha().extractChannel('alpha');
  const { data, info } = await picture.raw().toBuffer({ resolveWithObject: true });
  if (info.width !== size.width || info.height !== size.height) return undefined;
  for (let i = 0; i < data.length; i++) data[i] = data[i] > 0 ? 1 : 0;
  return runsFromMask({ ...size, data });
}

const maxPoints = 100_000;

function toPixels(point: unknown, { width, height }: Size): readonly [number, number] {
  const [x, y] = Array.isArray(point) ? (point as unknown[]).map(Number) : [Number.NaN, Number.NaN];
  return [(x / 100) * width, (y / 100) * height];
}
