import { area, ClickmaskError, type MaskRuns, type Size } from '@clickmask/core';
import { cvatMask } from '@clickmask/core/formats';
import { emptyRuns, pasteMask, RunBuilder } from '@clickmask/core/masks';
import type { ReplyFormat } from './reply-format.js';

/** A reply of an interactor, parsed. */
export interface ReadReply {
  readonly format: ReplyFormat;
  readonly runs: MaskRuns;
  readonly area: number;
  /** Present in `shapes`. */
  readonly score?: number;
  /** Corners of the outline, if the reply has them. */
  readonly points?: readonly (readonly [number, number])[];
}

interface Fields {
  readonly mask?: unknown;
  readonly bounds?: unknown;
  readonly shapes?: unknown;
  readonly points?: unknown;
}

/**
 * Reads the reply of any CVAT interactor in any of its forms. Of several shapes, the first is used.
 *
 * @param size - of the frame; required for shapes and masks with bounds, checked for full masks
 * @throws ClickmaskError `bad-format` that says what CVAT could not read
 *
 * @example
 * ```ts
 * import { readReply } from '@clickmask/cvat-serverless';
 *
 * const reply = readReply('{"shapes":[{"type":"mask","points":[0,2,1,0,2,0]}]}', { width: 4, height: 3 });
 * console.log(reply.format, reply.area); // shapes 2
 * ```
 */
export function readReply(text: string, size: Size): ReadReply {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new ClickmaskError('bad-format', `The reply is not valid JSON: ${text.slice(0, 80)}`, { cause });
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw bad('an object with mask or shapes', value);
  }
  const fields = value as Fields;
  if (fields.shapes !== undefined) return readShapes(fields.shapes, size);
  if (fields.mask === undefined) throw bad('mask or shapes', Object.keys(fields).join(', '));
  const points = Array.isArray(fields.points) ? (fields.points as [number, number][]) : undefined;
  const rows = readRows(fields.mask);
  if (fields.bounds === undefined) {
    if (rows.width !== size.width || rows.height !== size.height) {
      throw bad(`a mask of ${size.width} x ${size.height} px`, `${rows.width} x ${rows.height}`);
    }
    return { format: 'mask', runs: rows, area: area(rows), points };
  }
  const [left, top, right, bottom] = readBounds(fields.bounds);
  if (rows.width !== right - left + 1 || rows.height !== bottom - top + 1) {
    throw bad(
      `a mask of the size of its bounds ${left}, ${top}, ${right}, ${bottom}`,
      `${rows.width} x ${rows.height}`,
    );
  }
  const runs = pasteMask(rows, size, left, top);
  return { format: 'mask-bounds', runs, area: area(runs), points };
}

function readShapes(value: unknown, size: Size): ReadReply {
  if (!Array.isArray(value)) throw bad('a list of shapes', value);
  const shape = (value as { type?: unknown; points?: unknown; attributes?: unknown }[]).find(
    (one) => one?.type === 'mask',
  );
  if (shape === undefined) return { format: 'shapes', runs: emptyRuns(size), area: 0 };
  const runs = cvatMask.parse(shape.points, { size });
  const attributes = Array.isArray(shape.attributes)
    ? (shape.attributes as { spec_id?: unknown; value?: unknown }[])
    : [];
  const confidence = attributes.find((attribute) => attribute?.spec_id === 0)?.value;
  return {
    format: 'shapes',
    runs,
    area: area(runs),
    ...(confidence === undefined ? {} : { score: Number(confidence) }),
  };
}

function readRows(value: unknown): MaskRuns {
  if (!Array.isArray(value) || value.length === 0 || !Array.isArray(value[0]) || value[0].length === 0) {
    throw bad('mask as rows of 0 and 1', value);
  }
  const rows = value as unknown[][];
  const width = rows[0].length;
  const builder = new RunBuilder({ width, height: rows.length });
  rows.forEach((row, y) => {
    if (!Array.isArray(row) || row.length !== width) throw bad(`rows of ${width} values`, row);
    for (let x = 0; x < width; x++) {
      const pixel = row[x];
      // Other interactors write 255 for set pixels.
      if (pixel === 1 || pixel === 255) builder.add(y, x, x + 1);
      else if (pixel !== 0) throw bad('only 0 and 1 in the mask', pixel);
    }
  });
  return builder.finish();
}

function readBounds(value: unknown): readonly [number, number, number, number] {
  if (!Array.isArray(value) || value.length !== 4 || !value.every((side) => Number.isInteger(side))) {
    throw bad('bounds of four whole numbers', value);
  }
  return value as [number, number, number, number];
}

function bad(expected: string, received: unknown): ClickmaskError {
  const text = JSON.stringify(received)?.slice(0, 80) ?? String(received);
  return new ClickmaskError(
    'bad-format',
    `Expected ${expected} in the reply but received ${text}. CVAT could not read it.`,
  );
}
