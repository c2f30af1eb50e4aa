/** What the first page of a TIFF says of its samples. */
export interface TiffHeader {
  /** Bits of a sample. */
  readonly bits: number;
  /** Samples a pixel. */
  readonly bands: number;
  readonly kind: 'unsigned' | 'signed' | 'float' | 'other';
  /** Whether three of the bands are red, green and blue. */
  readonly isRgb: boolean;
  /** Whether the samples are levels of light, and no indices, inks or other coordinates of colour. */
  readonly isPlain: boolean;
  /** Whether the band after the colours is said to be an opacity. */
  readonly hasAlpha: boolean;
  /** The lowest and the highest value that the file itself names. */
  readonly range: readonly [number, number] | null;
  /** The value of pixels that hold nothing (GDAL's tag). */
  readonly noData: number | null;
  /** Where the kinds of samples stand in the file, as 16-bit numbers. */
  readonly kindPlaces: readonly number[];
  readonly isLittleEndian: boolean;
}

const tags = {
  bits: 258,
  photometric: 262,
  bands: 277,
  minimum: 280,
  maximum: 281,
  extra: 338,
  kind: 339,
  smallest: 340,
  largest: 341,
  noData: 42113,
} as const;

const kinds: Readonly<Record<number, TiffHeader['kind']>> = { 1: 'unsigned', 2: 'signed', 3: 'float', 4: 'unsigned' };

/** Reads the header of a TIFF or BigTIFF; null for what is none. No length that the file states is believed beyond its end. */
export function readTiffHeader(bytes: Uint8Array): TiffHeader | null {
  try {
    return readHeader(new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}

function readHeader(view: DataView): TiffHeader | null {
  const order = view.getUint16(0);
  if (order !== 0x4949 && order !== 0x4d4d) return null;
  const isLittleEndian = order === 0x4949;
  const version = view.getUint16(2, isLittleEndian);
  if (version !== 42 && version !== 43) return null;
  const entries = readEntries(view, isLittleEndian, version === 43);
  const first = (tag: number) => entries.get(tag)?.values[0];
  const photometric = first(tags.photometric) ?? 1;
  const minimum = lowest(entries.get(tags.smallest)) ?? lowest(entries.get(tags.minimum));
  const maximum = highest(entries.get(tags.largest)) ?? highest(entries.get(tags.maximum));
  const noData = entries.get(tags.noData)?.text;
  return {
    bits: first(tags.bits) ?? 1,
    bands: first(tags.bands) ?? 1,
    kind: kinds[first(tags.kind) ?? 1] ?? 'other',
    isRgb: photometric === 2,
    isPlain: photometric <= 2,
    hasAlpha: [1, 2].includes(first(tags.extra) ?? 0),
    range: minimum !== undefined && maximum !== undefined && minimum < maximum ? [minimum, maximum] : null,
    noData: noData === undefined || noData.trim() === '' ? null : Number(noData),
    kindPlaces: entries.get(tags.kind)?.places ?? [],
    isLittleEndian,
  };
}

interface Entry {
  readonly values: readonly number[];
  readonly places: readonly number[];
  readonly text: string;
}

const lowest = (entry: Entry | undefined) => (entry === undefined ? undefined : Math.min(...entry.values));
const highest = (entry: Entry | undefined) => (entry === undefined ? undefined : Math.max(...entry.values));

type Reader = (view: DataView, at: number, little: boolean) => number;

/** Types of fields: bytes of a value, and how it is read. */
const types: Readonly<Record<number, readonly [size: number, read: Reader]>> = {
  1: [1, (view, at) => view.getUint8(at)],
  2: [1, (view, at) => view.getUint8(at)],
  3: [2, (view, at, little) => view.getUint16(at, little)],
  4: [4, (view, at, little) => view.getUint32(at, little)],
  6: [1, (view, at) => view.getInt8(at)],
  8: [2, (view, at, little) => view.getInt16(at, little)],
  9: [4, (view, at, little) => view.getInt32(at, little)],
  11: [4, (view, at, little) => view.getFloat32(at, little)],
  12: [8, (view, at, little) => view.getFloat64(at, little)],
  16: [8, (view, at, little) => Number(view.getBigUint64(at, little))],
};

/** Values of a field that are looked at; what is wanted of it has no more. */
const maxValues = 64;

function readEntries(view: DataView, little: boolean, isBig: boolean): Map<number, Entry> {
  const offset = (at: number) => (isBig ? Number(view.getBigUint64(at, little)) : view.getUint32(at, little));
  const start = offset(isBig ? 8 : 4);
  const count = isBig ? Number(view.getBigUint64(start, little)) : view.getUint16(start, little);
  const [head, size, valueSize] = isBig ? [8, 20, 8] : [2, 12, 4];
  const wanted: readonly number[] = Object.values(tags);
  const entries = new Map<number, Entry>();
  for (let i = 0; i < Math.min(count, 4096); i++) {
    const at = start + head + i * size;
    const tag = view.getUint16(at, little);
    const type = types[view.getUint16(at + 2, little)];
    if (!wanted.includes(tag) || type === undefined) continue;
    const [bytes, read] = type;
    const length = Math.min(offset(at + 4), maxValues);
    const field = at + size - valueSize;
    const from = offset(at + 4) * bytes <= valueSize ? field : offset(field);
    const places = Array.from({ length }, (_, k) => from + k * bytes);
    const values = places.map((place) => read(view, place, little));
    entries.set(tag, {
      values,
      places,
      text: String.fromCharCode(...values.filter((value) => value > 0 && value < 128)),
    });
  }
  return entries;
}
