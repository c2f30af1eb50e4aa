import { ClickmaskError } from '../../errors/index.js';

/** Media type of {@link pack}. */
export const packedType = 'application/vnd.clickmask.packed';

const arrays = {
  Uint8Array,
  Uint8ClampedArray,
  Uint16Array,
  Int32Array,
  Uint32Array,
  Float32Array,
  Float64Array,
  BigInt64Array,
} as const;
type ArrayName = keyof typeof arrays;
type AnyArray = InstanceType<(typeof arrays)[ArrayName]>;

const marker = '$array';

/** Maximum bytes of the text. Large data are in arrays, and a long text would block the thread that parses it. */
const maxText = 2 ** 20;

/**
 * Plain data with typed arrays as bytes: the length of a JSON text (4 bytes, little-endian), the text, and then the
 * arrays, each at a multiple of 8. In the text, an array is `{ "$array": [type, offset, length] }`.
 *
 * Base64 in JSON would be a third larger and many times slower.
 */
export function pack(value: unknown): Uint8Array {
  const parts: { readonly offset: number; readonly bytes: Uint8Array }[] = [];
  let size = 0;
  // Done before JSON sees it: a Buffer would turn itself into a list of all its bytes.
  const plain = (one: unknown): unknown => {
    // JSON has no Infinity; this number stands for "all", and no image reaches it.
    if (one === Infinity || one === -Infinity) return Math.sign(one) * Number.MAX_SAFE_INTEGER;
    if (typeof one !== 'object' || one === null) return one;
    if (Array.isArray(one)) return one.map(plain);
    if (!ArrayBuffer.isView(one))
      return Object.fromEntries(Object.entries(one).map(([key, item]) => [key, plain(item)]));
    const array = one as AnyArray;
    parts.push({ offset: size, bytes: new Uint8Array(array.buffer, array.byteOffset, array.byteLength) });
    const entry = { [marker]: [array.constructor.name.replace('Buffer', 'Uint8Array'), size, array.length] };
    size += aligned(array.byteLength);
    return entry;
  };
  const json = new TextEncoder().encode(JSON.stringify(plain(value)));
  const start = aligned(4 + json.length);
  const out = new Uint8Array(start + size);
  new DataView(out.buffer).setUint32(0, json.length, true);
  out.set(json, 4);
  for (const { offset, bytes } of parts) out.set(bytes, start + offset);
  return out;
}

/**
 * Reads the result of {@link pack} from untrusted bytes. The arrays are views into one copy.
 *
 * @throws ClickmaskError `bad-format`
 */
export function unpack(bytes: Uint8Array): unknown {
  if (bytes.length < 4) throw damaged('at least 4 bytes');
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
  const start = aligned(4 + length);
  if (length > maxText) throw damaged(`a text of at most ${maxText} bytes`);
  if (4 + length > bytes.length) throw damaged(`a text of ${length} bytes`);
  // A copy, so that every array is aligned to its element size.
  const whole = bytes.slice();
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(whole.subarray(4, 4 + length));
    return JSON.parse(text, (_, one: unknown) => (isEntry(one) ? arrayOf(one[marker], whole, start) : one));
  } catch (cause) {
    if (cause instanceof ClickmaskError) throw cause;
    throw damaged('JSON');
  }
}

function isEntry(value: unknown): value is { readonly [marker]: unknown } {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, marker);
}

function arrayOf(entry: unknown, whole: Uint8Array, start: number): AnyArray {
  const [name, offset, length] = Array.isArray(entry) ? (entry as unknown[]) : [];
  const isCount = (one: unknown): one is number => Number.isSafeInteger(one) && (one as number) >= 0;
  if (
    typeof name !== 'string' ||
    !Object.hasOwn(arrays, name) ||
    !isCount(offset) ||
    !isCount(length) ||
    offset % 8 !== 0
  ) {
    throw damaged('[type, offset, length] of an array');
  }
  const type = arrays[name as ArrayName];
  if (start + offset + length * type.BYTES_PER_ELEMENT > whole.length) throw damaged(`${length} values of ${name}`);
  return new type(whole.buffer as ArrayBuffer, start + offset, length) as AnyArray;
}

const aligned = (bytes: number) => Math.ceil(bytes / 8) * 8;

function damaged(expected: string): ClickmaskError {
  return new ClickmaskError('bad-format', `Expected packed data with ${expected}, but the bytes hold something else.`);
}
