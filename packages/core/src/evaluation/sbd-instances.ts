import { ClickmaskError } from '../errors/index.js';
import type { Size } from '../geometry/index.js';

/** The object of each pixel, row-major; 0 is background. */
export interface InstanceMap extends Size {
  readonly data: Uint16Array;
}

const compressed = 15;
const matrix = 14;
const structClass = 2;
/** Far larger than any image of the set. A file that unpacks to more does not belong to it. */
const maxBytes = 2 ** 28;

/**
 * Reads the instances from a file of SBD's `inst/` folder: MATLAB 5, a structure whose first field, `Segmentation`, has
 * the object number of every pixel.
 *
 * @throws ClickmaskError `bad-dataset` for anything else
 */
export async function readSbdInstances(bytes: Uint8Array, name = 'the instances'): Promise<InstanceMap> {
  try {
    const outer = new Elements(bytes, 128).next();
    const body = outer.type === compressed ? new Elements(await inflate(outer.data), 0).next() : outer;
    const fields = new Elements(matrixData(body), 0);
    const flags = fields.next();
    if (flags.data[0] !== structClass) throw new Error('it holds no structure');
    fields.next(); // dimensions
    fields.next(); // name
    fields.next(); // length of a field's name
    const names = new TextDecoder().decode(fields.next().data);
    if (!names.startsWith('Segmentation')) throw new Error("its first field is not 'Segmentation'");
    return labels(new Elements(matrixData(fields.next()), 0));
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    const message = `Expected instances of SBD (MATLAB 5) in ${name}, but could not read them: ${why}.`;
    throw new ClickmaskError('bad-dataset', message, { cause });
  }
}

interface Element {
  readonly type: number;
  readonly data: Uint8Array;
}

/** Reads one data element after the other. */
class Elements {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at: number;

  constructor(bytes: Uint8Array, at: number) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#at = at;
  }

  next(): Element {
    const at = this.#at;
    if (at + 8 > this.#bytes.length) throw new Error('it ends too early');
    const word = this.#view.getUint32(at, true);
    const small = word >>> 16;
    const size = small === 0 ? this.#view.getUint32(at + 4, true) : small;
    const start = small === 0 ? at + 8 : at + 4;
    if (start + size > this.#bytes.length) throw new Error('it ends too early');
    this.#at = small === 0 ? start + (word === compressed ? size : Math.ceil(size / 8) * 8) : at + 8;
    return { type: word & 0xffff, data: this.#bytes.subarray(start, start + size) };
  }
}

function matrixData(element: Element): Uint8Array {
  if (element.type !== matrix) throw new Error(`an array was expected, not an element of type ${element.type}`);
  return element.data;
}

/** MATLAB stores columns first. */
function labels(parts: Elements): InstanceMap {
  parts.next(); // flags
  const dimensions = parts.next().data;
  const sizes = new DataView(dimensions.buffer, dimensions.byteOffset, dimensions.byteLength);
  if (dimensions.length !== 8) throw new Error('the segmentation is not flat');
  const height = sizes.getInt32(0, true);
  const width = sizes.getInt32(4, true);
  if (width < 1 || height < 1 || width * height > maxBytes) throw new Error(`its size is ${width} x ${height}`);
  parts.next(); // name
  const { type, data: raw } = parts.next();
  const view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength);
  const read: Readonly<Record<number, readonly [number, (at: number) => number]>> = {
    1: [1, (at) => view.getInt8(at)],
    2: [1, (at) => view.getUint8(at)],
    3: [2, (at) => view.getInt16(at, true)],
    4: [2, (at) => view.getUint16(at, true)],
    5: [4, (at) => view.getInt32(at, true)],
    6: [4, (at) => view.getUint32(at, true)],
    7: [4, (at) => view.getFloat32(at, true)],
    9: [8, (at) => view.getFloat64(at, true)],
  };
  if (!(type in read)) throw new Error(`numbers of type ${type} are not known`);
  const [bytes, value] = read[type];
  if (raw.length !== width * height * bytes) throw new Error('the segmentation is cut off');
  const data = new Uint16Array(width * height);
  for (let x = 0; x < width; x++) {
    for (let y = 0; y < height; y++) data[y * width + x] = value((x * height + y) * bytes);
  }
  return { width, height, data };
}

async function inflate(bytes: Uint8Array): Promise<Uint8Array> {
  const stream = new Blob([bytes.slice()]).stream().pipeThrough(new DecompressionStream('deflate'));
  const parts: Uint8Array[] = [];
  let length = 0;
  const reader = stream.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    length += value.length;
    if (length > maxBytes) {
      await reader.cancel();
      throw new Error('it unpacks to far more than an image holds');
    }
    parts.push(value);
  }
  const whole = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
