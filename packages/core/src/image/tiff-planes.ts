import { readTiffFields, type TiffFields, tiffValues } from './tiff-fields.js';
import { tiffTags } from './tiff-header.js';

/** The fields that a page of one band takes from the original page. */
const kept = [
  tiffTags.width,
  tiffTags.height,
  tiffTags.compression,
  tiffTags.fillOrder,
  tiffTags.orientation,
  tiffTags.rowsPerStrip,
  tiffTags.predictor,
  tiffTags.tileWidth,
  tiffTags.tileHeight,
] as const;

type Field = readonly [tag: number, values: readonly number[]];

/**
 * Rewrites a TIFF whose bands are stored separately as a file with one page per chosen band. The pixels stay where they
 * are. Decoders that mix up separate bands read such pages correctly.
 *
 * @param bands - indices from 0
 */
export function planesAsPages(bytes: Uint8Array, bands: readonly number[]): Uint8Array {
  const fields = readTiffFields(bytes);
  if (fields === null) return bytes;
  const pages = bands.map((band) => pageOf(fields, band));
  const { isBig, isLittleEndian } = fields;
  const sizeOf = (page: readonly Field[]) => page.reduce((sum, [, values]) => sum + 20 + 8 * values.length, 24);
  let at = bytes.length + (-bytes.length & 7);
  const whole = new Uint8Array(at + pages.reduce((sum, page) => sum + sizeOf(page), 0));
  whole.set(bytes);
  const view = new DataView(whole.buffer);
  const word = (place: number, value: number) =>
    isBig ? view.setBigUint64(place, BigInt(value), isLittleEndian) : view.setUint32(place, value, isLittleEndian);
  let link = isBig ? 8 : 4;
  for (const page of pages) {
    word(link, at);
    link = writePage(view, at, page, fields, word);
    at += sizeOf(page) & ~7;
  }
  return whole;
}

function pageOf(fields: TiffFields, band: number): readonly Field[] {
  const first = (tag: number) => tiffValues(fields, tag).slice(0, 1);
  const [bands = 1] = first(tiffTags.bands);
  const own = (tag: number): Field => {
    const values = tiffValues(fields, tag, 1e6);
    const count = values.length / bands;
    return [tag, values.slice(band * count, (band + 1) * count)];
  };
  const [photometric = 1] = first(tiffTags.photometric);
  const page: Field[] = [
    ...kept.map((tag): Field => [tag, first(tag)]),
    [tiffTags.photometric, [photometric === 0 ? 0 : 1]],
    [tiffTags.bits, [tiffValues(fields, tiffTags.bits)[0] ?? 1]],
    // Signed samples are read as unsigned, because decoders would clip values below zero.
    [tiffTags.kind, first(tiffTags.kind).map((kind) => (kind === 2 ? 1 : kind))],
    [tiffTags.bands, [1]],
    ...[tiffTags.strips, tiffTags.stripBytes, tiffTags.tiles, tiffTags.tileBytes].map(own),
  ];
  return page.filter(([, values]) => values.length > 0).sort(([a], [b]) => a - b);
}

/**
 * Writes a page with 32-bit or 64-bit numbers.
 * @returns the position for the address of the next page
 */
function writePage(
  view: DataView,
  at: number,
  page: readonly Field[],
  { isBig, isLittleEndian: little }: TiffFields,
  word: (place: number, value: number) => void,
): number {
  const [head, length, size] = isBig ? [8, 20, 8] : [2, 12, 4];
  if (isBig) word(at, page.length);
  else view.setUint16(at, page.length, little);
  const link = at + head + page.length * length;
  let tail = link + size;
  for (const [i, [tag, values]] of page.entries()) {
    const entry = at + head + i * length;
    view.setUint16(entry, tag, little);
    view.setUint16(entry + 2, isBig ? 16 : 4, little);
    word(entry + 4, values.length);
    const place = entry + 4 + size;
    if (values.length === 1) word(place, values[0]);
    else {
      word(place, tail);
      for (const value of values) {
        word(tail, value);
        tail += size;
      }
    }
  }
  return link;
}
