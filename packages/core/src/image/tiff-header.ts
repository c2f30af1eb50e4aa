import { readTiffFields, type TiffFields, tiffValues } from './tiff-fields.js';

/** What the first page of a TIFF says about its samples. */
export interface TiffHeader {
  /** Bits per sample. */
  readonly bits: number;
  /** Samples per pixel. */
  readonly bands: number;
  readonly kind: 'unsigned' | 'signed' | 'float' | 'other';
  /**
   * The meaning of the samples, as the format's number: 0 and 1 grey, 2 RGB, 3 palette, 5 inks, 6 YCbCr, 8 to 10 CIE
   * Lab.
   */
  readonly photometric: number;
  /** The compression, as the format's number: 1 none, 6 and 7 JPEG. */
  readonly compression: number;
  /** Whether three of the bands are red, green and blue. */
  readonly isRgb: boolean;
  /** Whether the samples are intensities, and not indices, inks or other colour coordinates. */
  readonly isPlain: boolean;
  /** Whether the bands are stored separately, one after another. */
  readonly isPlanar: boolean;
  /** Whether this is a camera's raw file: its first page is a preview, or its pixels are sensor values. */
  readonly isRaw: boolean;
  /** Whether pixels are said to lie beyond the end of the file. */
  readonly isCut: boolean;
  /** Whether the band after the colours is an opacity. */
  readonly hasAlpha: boolean;
  /** The lowest and highest value stated in the file. */
  readonly range: readonly [number, number] | null;
  /** The value of pixels without data (GDAL's tag). */
  readonly noData: number | null;
  /** Position of the sample formats in the file, as 16-bit numbers. */
  readonly kindPlaces: readonly number[];
  readonly isLittleEndian: boolean;
}

export const tiffTags = {
  subfile: 254,
  width: 256,
  height: 257,
  bits: 258,
  compression: 259,
  photometric: 262,
  fillOrder: 266,
  strips: 273,
  orientation: 274,
  bands: 277,
  rowsPerStrip: 278,
  stripBytes: 279,
  minimum: 280,
  maximum: 281,
  planar: 284,
  predictor: 317,
  tileWidth: 322,
  tileHeight: 323,
  tiles: 324,
  tileBytes: 325,
  subpages: 330,
  extra: 338,
  kind: 339,
  smallest: 340,
  largest: 341,
  noData: 42113,
  dngVersion: 50706,
} as const;

const kinds: Readonly<Record<number, TiffHeader['kind']>> = { 1: 'unsigned', 2: 'signed', 3: 'float', 4: 'unsigned' };

/** Reads the header of a TIFF or BigTIFF; null for other files. Stated lengths are limited by the end of the file. */
export function readTiffHeader(bytes: Uint8Array): TiffHeader | null {
  const fields = readTiffFields(bytes);
  if (fields === null) return null;
  const values = (tag: number) => tiffValues(fields, tag);
  const [photometric = 1] = values(tiffTags.photometric);
  const [bands = 1] = values(tiffTags.bands);
  const [minimum, maximum] = rangeOf(fields);
  const noData = String.fromCharCode(...values(tiffTags.noData).filter((value) => value > 0 && value < 128));
  const kind = fields.byTag.get(tiffTags.kind);
  const isPreview = ((values(tiffTags.subfile)[0] ?? 0) & 1) === 1 && fields.byTag.has(tiffTags.subpages);
  return {
    bits: values(tiffTags.bits)[0] ?? 1,
    bands,
    kind: kinds[values(tiffTags.kind)[0] ?? 1] ?? 'other',
    photometric,
    compression: values(tiffTags.compression)[0] ?? 1,
    isRgb: photometric === 2,
    isPlain: photometric <= 2,
    isPlanar: bands > 1 && values(tiffTags.planar)[0] === 2,
    isRaw: isPreview || photometric > 32_000 || fields.byTag.has(tiffTags.dngVersion),
    isCut: isCut(fields),
    hasAlpha: [1, 2].includes(values(tiffTags.extra)[0] ?? 0),
    range: minimum !== undefined && maximum !== undefined && minimum < maximum ? [minimum, maximum] : null,
    noData: noData.trim() === '' ? null : Number(noData),
    kindPlaces: values(tiffTags.kind).map((_, i) => (kind?.at ?? 0) + i * 2),
    isLittleEndian: fields.isLittleEndian,
  };
}

function rangeOf(fields: TiffFields): readonly [number | undefined, number | undefined] {
  const named = (...tags: readonly number[]) =>
    tags.map((tag) => tiffValues(fields, tag)).find(({ length }) => length > 0) ?? [];
  const [low, high] = [named(tiffTags.smallest, tiffTags.minimum), named(tiffTags.largest, tiffTags.maximum)];
  return [low.length === 0 ? undefined : Math.min(...low), high.length === 0 ? undefined : Math.max(...high)];
}

/** Decoders fill missing strips and tiles with black. */
function isCut(fields: TiffFields): boolean {
  const most = 1e6;
  for (const [places, lengths] of [
    [tiffTags.strips, tiffTags.stripBytes],
    [tiffTags.tiles, tiffTags.tileBytes],
  ]) {
    const [starts, sizes] = [tiffValues(fields, places, most), tiffValues(fields, lengths, most)];
    if (starts.length < Math.min(fields.byTag.get(places)?.count ?? 0, most)) return true;
    if (starts.some((start, i) => start + (sizes[i] ?? 0) > fields.view.byteLength)) return true;
  }
  return false;
}
