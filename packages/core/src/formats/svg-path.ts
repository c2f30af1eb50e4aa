import type { Mask, MaskRuns, Ring } from '../mask/index.js';
import { badFormat, type Codec, type ParseOptions, requireSize } from './codec.js';
import { badCoordinate, fillPolygons, isCoordinate, type PolygonOptions, polygonsFromMask } from './outlines.js';

const NAME = 'SVG path';

/**
 * The `d` attribute of an SVG path in image px, for `fill-rule="evenodd"`. Outer rings and holes also run in opposite
 * directions, so `nonzero` looks the same. Only straight lines: `parse` reads the commands M, L, H, V and Z, absolute
 * and relative, and fills by the even-odd rule. An empty mask is an empty string.
 *
 * @example
 * ```ts
 * import { svgPath } from '@clickmask/core/formats';
 * import { area } from '@clickmask/core';
 * import { rectRuns } from '@clickmask/core/masks';
 *
 * const size = { width: 8, height: 6 };
 * const d = svgPath.serialize(rectRuns(size, { x: 1, y: 2, width: 3, height: 2 }));
 * console.log(d); // M1 2H4V4H1Z
 * console.log(area(svgPath.parse(d, { size }))); // 6
 * ```
 */
export const svgPath: Codec<string, PolygonOptions> = Object.freeze({
  name: 'svg-path',
  mediaType: 'text/plain',
  needsSize: true,
  isOutline: true,
  serialize(mask: Mask | MaskRuns, options: PolygonOptions = {}): string {
    const parts: string[] = [];
    for (const { outer, holes } of polygonsFromMask(mask, options)) {
      for (const ring of [outer, ...holes]) writeRing(ring, parts);
    }
    return parts.join('');
  },
  parse(value: unknown, options: ParseOptions = {}): MaskRuns {
    const size = requireSize(NAME, options);
    if (typeof value !== 'string') throw badFormat(NAME, 'the type', 'a string', value);
    const [outer, ...holes] = readRings(value);
    return fillPolygons(NAME, outer === undefined ? [] : [{ outer, holes }], size);
  },
});

function writeRing(ring: Ring, parts: string[]): void {
  parts.push(`M${ring[0]} ${ring[1]}`);
  for (let i = 2; i < ring.length; i += 2) {
    if (ring[i + 1] === ring[i - 1]) parts.push(`H${ring[i]}`);
    else if (ring[i] === ring[i - 2]) parts.push(`V${ring[i + 1]}`);
    else parts.push(`L${ring[i]} ${ring[i + 1]}`);
  }
  parts.push('Z');
}

function readRings(path: string): Ring[] {
  const space = /[ \t\r\n\f]*/y;
  const separator = /[ \t\r\n\f]*,?[ \t\r\n\f]*/y;
  const number = /[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?/y;
  const rings: Ring[] = [];
  let points: number[] = [];
  let at = 0;
  let x = 0;
  let y = 0;

  const skip = (pattern: RegExp) => {
    pattern.lastIndex = at;
    pattern.test(path);
    at = pattern.lastIndex;
  };
  const hasNumber = () => {
    number.lastIndex = at;
    return number.test(path);
  };
  const readNumber = (origin: number): number => {
    number.lastIndex = at;
    const match = number.exec(path);
    if (match === null) {
      throw badFormat(NAME, `character ${at}`, 'a number', at < path.length ? path[at] : 'the end');
    }
    at = number.lastIndex;
    const value = origin + Number(match[0]);
    if (!isCoordinate(value)) throw badCoordinate(NAME, `the number before character ${at}`, value);
    skip(separator);
    return value;
  };
  const finishRing = () => {
    if (points.length > 2) rings.push(Float64Array.from(points));
  };

  for (skip(space); at < path.length; skip(space)) {
    const letter = path[at];
    const command = letter.toUpperCase();
    const isRelative = command !== letter;
    if (command === 'M' ? false : points.length === 0 || !'LHVZ'.includes(command)) {
      throw badFormat(
        NAME,
        `character ${at}`,
        points.length === 0 ? "the command 'M'" : 'one of the commands M, L, H, V, Z',
        letter,
        'Curves are not supported.',
      );
    }
    at++;
    skip(space);
    if (command === 'Z') {
      // Without a new M, the next part starts where this one did.
      [x, y] = points;
      finishRing();
      points = [x, y];
      continue;
    }
    if (command === 'M') {
      finishRing();
      points = [];
    }
    do {
      if (command !== 'V') x = readNumber(isRelative ? x : 0);
      if (command !== 'H') y = readNumber(isRelative ? y : 0);
      points.push(x, y);
    } while (hasNumber());
  }
  finishRing();
  return rings;
}
