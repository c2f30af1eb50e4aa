import { ClickmaskError, describe, isClickmaskError, unexpected } from '../errors/index.js';
import type { Size } from '../geometry/index.js';
import type { Mask, MaskRuns } from '../mask/index.js';

/** Options of {@link Codec.parse}. */
export interface ParseOptions {
  /**
   * Size of the image, in px. Needed by formats that do not carry one; where the format does, the two must agree.
   */
  readonly size?: Size;
  /**
   * Largest number of pixels accepted. A side may be at most {@link MAX_SIDE}.
   *
   * @defaultValue 2^28
   */
  readonly maxPixels?: number;
}

/** Largest number of pixels that `parse` accepts by default. */
export const DEFAULT_MAX_PIXELS = 2 ** 28;

/** Longest side that `parse` accepts, in px: tables are kept by row and by column. */
export const MAX_SIDE = 2 ** 20;

/**
 * One way to write a mask down. All codecs are stateless and frozen.
 *
 * @typeParam T - what is written: always a plain JSON value
 * @typeParam O - options for writing
 */
export interface Codec<T = unknown, O extends object = object> {
  /** For registries and the command line: lower case, hyphens. */
  readonly name: string;
  /** Of the value as a text: JSON values are written with `JSON.stringify`, strings as they are. */
  readonly mediaType: string;
  /** Whether `parse` needs `options.size`, since the format does not carry it. */
  readonly needsSize: boolean;
  /** Whether it writes outlines, and so takes {@link PolygonOptions}. */
  readonly isOutline: boolean;
  /**
   * Writes a mask. With default options, `parse` gives back every pixel.
   *
   * @throws ClickmaskError `bad-mask`, `bad-option`
   */
  serialize(mask: Mask | MaskRuns, options?: O): T;
  /**
   * Reads a mask from a value that may come from anywhere: nothing about it is taken for granted, and no more memory is
   * used than its size and that of the image call for.
   *
   * @throws ClickmaskError `bad-format` where the value is not of the format, `bad-option` where the size is needed and
   * missing
   */
  parse(value: unknown, options?: ParseOptions): MaskRuns;
}

/** An error for a value that is not of a format. */
export function badFormat(
  codec: string,
  name: string,
  expected: string,
  received: unknown,
  advice = '',
): ClickmaskError {
  return unexpected('bad-format', `${name} of the ${codec} value`, expected, received, advice);
}

/** Checks a size that a value declares, and that it agrees with the size the caller expects. */
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

/** The size from the options, for formats that do not carry one. */
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

/** Narrows to an object whose fields can be looked at. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Runs a step of a parser whose errors about masks are errors about the value. */
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
