import { ClickmaskError, type ClickmaskErrorCode } from './clickmask-error.js';

/** Describes a received value for a message: short, and without the content of a large array. */
export function describe(value: unknown): string {
  try {
    return render(value);
  } catch {
    // A proxy that was taken back throws whatever is asked of it.
    return 'an object that cannot be read';
  }
}

function render(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (typeof value === 'string') return JSON.stringify(value.length > 80 ? `${value.slice(0, 77)}...` : value);
  if (typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint') return String(value);
  if (ArrayBuffer.isView(value)) return `${value.constructor.name} of ${value.byteLength} bytes`;
  if (Array.isArray(value)) return `an array of ${value.length}`;
  if (typeof value === 'object') return `an object (${typeName(value)})`;
  return `a ${typeof value}`;
}

/** The name of a value's class. A `constructor` field from parsed data does not count. */
function typeName(value: object): string {
  const type: unknown = value.constructor;
  return typeof type === 'function' ? String(type.name).slice(0, 40) : 'no class';
}

/**
 * An address for a message: without user, password, query and fragment, in which a secret may be. Of a text, all up to the
 * last `@` is left out: a password may hold any sign, and what is no address may hold a password too.
 *
 * @example
 * ```ts
 * import { withoutSecrets } from '@clickmask/core/adapters';
 *
 * console.log(withoutSecrets('https://me:pass@example.com/images?key=1')); // https://…@example.com/images
 * ```
 */
export function withoutSecrets(address: string | URL): string {
  const text =
    typeof address === 'string'
      ? address.replace(/^([a-z][\w+.-]*:[\\/]{2,})?.*@/is, '$1…@').replace(/[?#].*$/s, '')
      : `${address.protocol}//${address.host}${address.pathname}`;
  return text.slice(0, 200);
}

/** The first line of a caught value's message. What a runtime prints after it is for its developers. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message.split('\n')[0] : String(error);
}

/**
 * An error in the form "Expected <what> for <name> but received <value>.", optionally followed by advice. The value is
 * described briefly.
 *
 * @example
 * ```ts
 * import { unexpected } from '@clickmask/core/errors';
 *
 * const error = unexpected('bad-option', 'workers', 'a whole number from 1', -1);
 * console.log(error.message); // Expected a whole number from 1 for workers but received -1.
 * ```
 */
export function unexpected(
  code: ClickmaskErrorCode,
  name: string,
  expected: string,
  received: unknown,
  advice = '',
): ClickmaskError {
  return unexpectedText(code, name, expected, describe(received), advice);
}

/** Like {@link unexpected}, for an address: see {@link withoutSecrets}. */
export function unexpectedAddress(
  code: ClickmaskErrorCode,
  name: string,
  expected: string,
  received: unknown,
): ClickmaskError {
  return unexpectedText(
    code,
    name,
    expected,
    describe(typeof received === 'string' ? withoutSecrets(received) : received),
  );
}

function unexpectedText(code: ClickmaskErrorCode, name: string, expected: string, received: string, advice = '') {
  const text = `Expected ${expected} for ${name} but received ${received}.${advice === '' ? '' : ` ${advice}`}`;
  return new ClickmaskError(code, text, { details: { name, expected } });
}

/**
 * Tells whether `value` is a list of which each part fits. A gap of a sparse array counts as undefined, which
 * `Array.every` would pass over.
 *
 * @example
 * ```ts
 * import { isListOf } from '@clickmask/core/errors';
 *
 * console.log(isListOf(new Array(2), (one) => typeof one === 'string')); // false
 * ```
 */
export function isListOf<T>(value: unknown, fits: (one: unknown) => one is T): value is readonly T[];
export function isListOf(value: unknown, fits: (one: unknown) => boolean): value is readonly unknown[];
export function isListOf(value: unknown, fits: (one: unknown) => boolean): boolean {
  return Array.isArray(value) && Array.from(value as unknown[]).every((one) => fits(one));
}

/**
 * Throws unless `value` is a whole number in [`min`, `max`].
 *
 * @throws ClickmaskError with the code
 *
 * @example
 * ```ts
 * import { expectInteger } from '@clickmask/core/adapters';
 *
 * expectInteger('bad-option', 'workers', 2, 1);
 * ```
 */
export function expectInteger(
  code: ClickmaskErrorCode,
  name: string,
  value: unknown,
  min = 0,
  max = Number.MAX_SAFE_INTEGER,
): asserts value is number {
  if (!Number.isInteger(value) || (value as number) < min || (value as number) > max) {
    throw unexpected(code, name, `a whole number${rangeText(min, max, Number.MAX_SAFE_INTEGER)}`, value);
  }
}

/**
 * Throws unless `value` is a finite number in [`min`, `max`].
 *
 * @throws ClickmaskError with the code
 *
 * @example
 * ```ts
 * import { expectNumber } from '@clickmask/core/adapters';
 *
 * expectNumber('bad-option', 'threshold', 0.5, 0, 1);
 * ```
 */
export function expectNumber(
  code: ClickmaskErrorCode,
  name: string,
  value: unknown,
  min = -Number.MAX_VALUE,
  max = Number.MAX_VALUE,
): asserts value is number {
  if (typeof value !== 'number' || !(value >= min && value <= max)) {
    throw unexpected(code, name, `a finite number${rangeText(min, max, Number.MAX_VALUE)}`, value);
  }
}

/**
 * Throws if an options object has an unknown property, so that a typing mistake is reported.
 *
 * @param known - names of the options that exist
 * @throws ClickmaskError with the code
 */
export function expectKnown(
  code: ClickmaskErrorCode,
  name: string,
  options: object | undefined,
  known: readonly string[],
): void {
  // Options may come from outside, whatever their type says.
  if (options === null || (options !== undefined && typeof options !== 'object')) {
    throw unexpected(code, name, 'an object of options', options);
  }
  for (const [key, value] of Object.entries(options ?? {})) {
    if (value === undefined || known.includes(key)) continue;
    const message = `There is no ${name} option '${key.slice(0, 80)}'. Known options: ${known.join(', ')}.`;
    throw new ClickmaskError(code, message, { details: { name: key } });
  }
}

/**
 * Parses a user's address.
 *
 * @throws ClickmaskError with the code if it is not an http or https address
 *
 * @example
 * ```ts
 * import { expectUrl } from '@clickmask/core/adapters';
 *
 * console.log(expectUrl('bad-option', 'url', ' http://localhost:8080/labels ').pathname); // /labels
 * ```
 */
export function expectUrl(code: ClickmaskErrorCode, name: string, value: string): URL {
  const text = value.trim();
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return url;
  throw unexpectedAddress(code, name, 'an address such as http://localhost:8080', value);
}

/** The bounds in words, without those that mean "unlimited". */
function rangeText(min: number, max: number, none: number): string {
  if (min <= -none) return max >= none ? '' : ` of at most ${max}`;
  if (max < none) return ` from ${min} to ${max}`;
  return min === Number.MIN_VALUE ? ' above 0' : ` of at least ${min}`;
}
