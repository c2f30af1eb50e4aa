import { ClickmaskError, describe, isClickmaskError, unexpected } from '../errors/index.js';
import type { Size } from '../geometry/index.js';
import type { Mask, MaskRuns } from '../mask/index.js';

/** Options of {@link Codec.parse}. */
export interface ParseOptions {
  /**
   * Size of the image, in px. Required by formats that do not contain it. If the format contains it, the two must
   * agree.
   */
  readonly size?: Size;
  /**
   * Maximum number of pixels. A side may be at most {@link MAX_SIDE}.
   *
   * @defaultValue 2^28
   */
  readonly maxPixels?: number;
}

/** Default maximum number of pixels for `parse`. */
export const DEFAULT_MAX_PIXELS = 2 ** 28;

/** Maximum side for `parse`, in px, because tables per row and column are allocated. */
export const MAX_SIDE = 2 ** 20;

/**
 * A format for one mask. All codecs are stateless and frozen.
 *
 * @typeParam O - options for writing
 * @typeParam O - options for writing
 */
export interface Codec<T = unknown, O extends object = object> {
  /** For registries and the command line: lower case, with hyphens. */
  readonly name: string;
  /** Media type of the value as text. JSON values are written with `JSON.stringify`, strings unchanged. */
  readonly mediaType: string;
  /** Whether `parse` needs `options.size`, because the format does not contain it. */
  readonly needsSize: boolean;
  /** Whether it writes outlines, and therefore accepts {@link PolygonOptions}. */
  readonly isOutline: boolean;
  /**
   * Writes a mask. With default options, `parse` restores every pixel.
   *
   * @throws ClickmaskError `bad-mask`, `bad-option`
   */
  serialize(mask: Mask | MaskRuns, options?: O): T;
  /**
   * Reads a mask from an untrusted value. Everything is checked, and memory is bounded by the size of the value and of
   * the image.
   *
   * @throws ClickmaskError `bad-format` if the value does not have the format; `bad-option` if the size is required and
   * missing
   */
  parse(value: unknown, options?: ParseOptions): MaskRuns;
}

/** An error for a value that does not have a format. */
export function badFormat(
  codec: string,
  name: string,
  expected: string,
  received: unknown,
  advice = '',
): ClickmaskError {
  return unexpected('bad-format', `${name} of the ${codec} value`, expected, received, advice);
}

/** Checks a size declared by a value, and that it equals the expected size. */
export function readSize(codec: string, width: unknown, height: unknown, options: ParseOptions): Size {
  const { size, maxPixels = DEFAULT_MAX_PIXELS } = options;
  const isSide = (side: unknown): side is number => Number.isInteger(side) && (side as number) >= 1;
  if (!isSide(width) || !isSide(height)) {
    throw badFormat(codec, 'the size', 'whole numbers from 1', `${describe(width)} x ${describe(height)}`);
  }
  if (width > MAX_SIDE || height > MAX_SIDE || !(width * height <= maxPixels)) {
    throw badFormat(
      codec,
      'the size',
      `at most ${maxPixels} pixels and sides of at most ${MAX_SIDE}`,
      `${width} x ${height}`,
      'Raise maxPixels if the image really is that large.',
    );
  }
  if (size !== undefined && (size.width !== width || size.height !== height)) {
    throw badFormat(codec, 'the size', `${size.width} x ${size.height} px`, `${width} x ${height} px`);
  }
  return { width, height };
}

/** The size from the options, for formats that do not contain it. */
export function requireSize(codec: string, options: ParseOptions): Size {
  const { size } = options;
  if (typeof size !== 'object' || size === null) {
    throw unexpected(
      'bad-option',
      'options.size',
      `the image's { width, height }, as ${codec} does not carry it`,
      size,
    );
  }
  return readSize(codec, size.width, size.height, options);
}

/** Narrows a value to an object whose fields can be read. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Runs a parsing step, and turns its errors about masks into errors about the value. */
export function asBadFormat<R>(codec: string, step: () => R): R {
  try {
    return step();
  } catch (error) {
    if (!isClickmaskError(error, 'bad-mask')) throw error;
    throw new ClickmaskError('bad-format', `The ${codec} value cannot be read: ${error.message}`, {
      details: error.details,
      cause: error,
    });
  }
}
