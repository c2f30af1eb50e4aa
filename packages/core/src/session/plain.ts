type Numbers = Uint8Array | Uint32Array | Float32Array | Float64Array;

function isPlain(value: object): value is Record<string, unknown> {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype || Object.getPrototypeOf(prototype) === null;
}

/**
 * Copies plain data: lists and objects are copied, even if they are a framework's proxies. Numbers, texts, typed arrays
 * and anything else, such as functions or signals, are kept.
 *
 * @example
 * ```ts
 * import { copyPlain } from '@clickmask/core/session';
 *
 * const watched = new Proxy({ list: [1, 2] }, {});
 * console.log(JSON.stringify(structuredClone(copyPlain(watched)))); // {"list":[1,2]}
 * ```
 */
export function copyPlain<T>(value: T): T {
  return copy(value, new Map()) as T;
}

function copy(value: unknown, made: Map<object, unknown>): unknown {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return value;
  const isList = Array.isArray(value);
  if (!isList && !isPlain(value)) return value;
  const known = made.get(value);
  if (known !== undefined) return known;
  // An object that appears twice stays one object: a result belongs to its prompt.
  const result: unknown[] | Record<string, unknown> = isList ? [] : {};
  made.set(value, result);
  if (isList) for (const item of value) (result as unknown[]).push(copy(item, made));
  else for (const key of Object.keys(value)) (result as Record<string, unknown>)[key] = copy(value[key], made);
  return result;
}

/**
 * Whether two plain values are equal by content. Undefined fields count as missing.
 *
 * @example
 * ```ts
 * import { sameContent } from '@clickmask/core/session';
 *
 * console.log(sameContent({ a: [1], b: undefined }, { a: [1] })); // true
 * ```
 */
export function sameContent(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (ArrayBuffer.isView(a) && ArrayBuffer.isView(b)) return sameList(a as Numbers, b as Numbers, Object.is);
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  if (Array.isArray(a)) return sameList(a, b as unknown as unknown[], sameContent);
  const keys = new Set([...Object.keys(a), ...Object.keys(b)]);
  for (const key of keys) {
    if (!sameContent((a as Record<string, unknown>)[key], (b as Record<string, unknown>)[key])) return false;
  }
  return true;
}

function sameList(a: ArrayLike<unknown>, b: ArrayLike<unknown>, same: (a: unknown, b: unknown) => boolean): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (!same(a[i], b[i])) return false;
  return true;
}
