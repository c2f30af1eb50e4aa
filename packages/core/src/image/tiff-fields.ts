/** A field of a TIFF's first page. */
export interface TiffField {
  readonly type: number;
  readonly count: number;
  /** Position of its first value in the file. */
  readonly at: number;
  /** Bytes per value. */
  readonly size: number;
}

/** The fields of a TIFF's first page, by tag. */
export interface TiffFields {
  readonly view: DataView;
  readonly isLittleEndian: boolean;
  /** BigTIFF, for files of more than 4 GB. */
  readonly isBig: boolean;
  readonly byTag: ReadonlyMap<number, TiffField>;
}

type Reader = (view: DataView, at: number, little: boolean) => number;

/** Field types: bytes per value, and how to read one. */
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
  13: [4, (view, at, little) => view.getUint32(at, little)],
  16: [8, (view, at, little) => Number(view.getBigUint64(at, little))],
  18: [8, (view, at, little) => Number(view.getBigUint64(at, little))],
};

/** Null if it is not a TIFF or BigTIFF, or ends within the header. */
export function readTiffFields(bytes: Uint8Array): TiffFields | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  try {
    const order = view.getUint16(0);
    const isLittleEndian = order === 0x4949;
    const version = view.getUint16(2, isLittleEndian);
    if ((!isLittleEndian && order !== 0x4d4d) || (version !== 42 && version !== 43)) return null;
    const isBig = version === 43;
    return { view, isLittleEndian, isBig, byTag: fieldsOf(view, isLittleEndian, isBig) };
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}

function fieldsOf(view: DataView, little: boolean, isBig: boolean): ReadonlyMap<number, TiffField> {
  const offset = (at: number) => (isBig ? Number(view.getBigUint64(at, little)) : view.getUint32(at, little));
  const start = offset(isBig ? 8 : 4);
  const entries = isBig ? Number(view.getBigUint64(start, little)) : view.getUint16(start, little);
  const [head, length, room] = isBig ? [8, 20, 8] : [2, 12, 4];
  const fields = new Map<number, TiffField>();
  for (let i = 0; i < Math.min(entries, 4096); i++) {
    const entry = start + head + i * length;
    const type = view.getUint16(entry + 2, little);
    if (!Object.hasOwn(types, type)) continue;
    const [size] = types[type];
    const count = offset(entry + 4);
    const at = entry + length - room;
    fields.set(view.getUint16(entry, little), {
      type,
      count,
      size,
      at: count * size <= room ? at : offset(at),
    });
  }
  return fields;
}

/**
 * Values of a field, as far as they exist: a stated count is limited by the end of the file.
 *
 * @param most - how many are needed
 */
export function tiffValues({ view, isLittleEndian, byTag }: TiffFields, tag: number, most = 64): readonly number[] {
  const field = byTag.get(tag);
  if (field === undefined) return [];
  const there = Math.floor((view.byteLength - field.at) / field.size);
  const read = types[field.type][1];
  return Array.from({ length: Math.max(0, Math.min(field.count, most, there)) }, (_, i) =>
    read(view, field.at + i * field.size, isLittleEndian),
  );
}
