import { badFormat, isRecord } from '../formats/codec.js';
import { badCoordinate, isCoordinate } from '../formats/outlines.js';
import { isPng, maskFromPngBytes, maskToPng } from '../formats/png.js';
import type { Size } from '../geometry/index.js';
import {
  bounds,
  centreLines,
  cropMask,
  fillCentreLine,
  type MaskRuns,
  pasteMask,
  toleranceForDetail,
  traceContours,
  union,
} from '../mask/index.js';
import { fromBase64, toBase64 } from './base64.js';
import type { DatasetFormat, DatasetReadOptions, LabeledObject, LabeledPicture } from './dataset.js';
import { fillEllipse } from './fill-ellipse.js';
import { createStems, fileNameOf, folderOf } from './names.js';
import { declaredSize, expectArray, expectText, readJson, withEnding } from './reading.js';

const NAME = 'LabelMe';

/**
 * LabelMe's JSON, one file per image. Polygons run through the centres of the outermost pixels, because LabelMe paints
 * a polygon's line as well as its inside. Parts of one object share a `group_id`. Objects with holes, which its
 * polygons cannot hold, are shapes of type `mask`.
 *
 * @example
 * ```ts
 * import { labelMe } from '@clickmask/core/datasets';
 * import { rectRuns } from '@clickmask/core/masks';
 *
 * const runs = rectRuns({ width: 8, height: 8 }, { x: 0, y: 0, width: 4, height: 4 });
 * const picture = { name: 'a.jpg', width: 8, height: 8, objects: [{ runs, className: 'cat' }] };
 * for await (const { content } of labelMe.write([picture])) {
 *   console.log(JSON.parse(String(content)).shapes[0].points[0].join(' ')); // 3.5 0.5
 * }
 * ```
 */
export const labelMe = Object.freeze<DatasetFormat>({
  name: 'labelme',
  summary: 'LabelMe JSON, a file per image: LabelMe, X-AnyLabeling',
  keeps: 'masks to the pixel, classes, names of objects; not scores',
  async *write(pictures, { detail = 1, onNote } = {}) {
    const stemFor = createStems();
    for await (const { name, width, height, objects } of pictures) {
      const shapes: object[] = [];
      for (const [i, object] of objects.entries()) {
        if (object.runs.spans.length === 0) onNote?.({ code: 'empty-left-out', picture: name });
        if (object.score !== undefined) onNote?.({ code: 'scores-lost', picture: name });
        if (object.isCrowd === true) onNote?.({ code: 'crowds-lost', picture: name });
        if (detail < 1) onNote?.({ code: 'outline-simplified', picture: name });
        shapes.push(...(await shapesOf(object, i + 1, detail)));
      }
      const path = `${stemFor(name)}.json`;
      const content = {
        version: '5.4.1',
        flags: {},
        shapes,
        imagePath: folderOf(path) === folderOf(name) ? fileNameOf(name) : name,
        imageData: null,
        imageHeight: height,
        imageWidth: width,
      };
      yield { path, content: `${JSON.stringify(content, null, 2)}\n` };
    }
  },
  async *read(source, options = {}) {
    for (const path of withEnding(await source.list(), '.json')) {
      const file = await readJson(source, path);
      if (isLabelMe(file)) yield await readFile(file, path, options);
    }
  },
  recognises: ({ json }) => isLabelMe(json),
});

export function isLabelMe(json: unknown): json is Record<string, unknown> {
  return isRecord(json) && Array.isArray(json.shapes) && 'imagePath' in json;
}

async function shapesOf(object: LabeledObject, number: number, detail: number): Promise<object[]> {
  const { runs, className, id } = object;
  const common = { label: className, flags: {}, description: id ?? '' };
  const polygons = traceContours(runs);
  const box = bounds(runs);
  if (box === null) return [];
  if (polygons.some(({ holes }) => holes.length > 0)) {
    const corners = [
      [box.x, box.y],
      [box.x + box.width - 1, box.y + box.height - 1],
    ];
    const mask = toBase64(await maskToPng(cropMask(runs, box)));
    return [{ ...common, points: corners, group_id: null, shape_type: 'mask', mask }];
  }
  const lines = centreLines(runs, detail === 1 ? 0 : toleranceForDetail(detail, polygons));
  return lines.map((line) => {
    const points: [number, number][] = [];
    for (let i = 0; i < line.length; i += 2) points.push([line[i] + 0.5, line[i + 1] + 0.5]);
    while (points.length < 3) points.push(points[0]);
    return { ...common, points, group_id: lines.length > 1 ? number : null, shape_type: 'polygon' };
  });
}

/** Name of a file's picture: in the same folder, unless `imagePath` names a subfolder. */
export function pictureNameOf(file: Readonly<Record<string, unknown>>, path: string): string {
  const stated = typeof file.imagePath === 'string' ? file.imagePath.replaceAll('\\', '/') : '';
  if (stated === '') return path;
  return folderOf(path) + (stated.includes('..') ? fileNameOf(stated) : stated);
}

async function readFile(
  file: Record<string, unknown>,
  path: string,
  options: DatasetReadOptions,
): Promise<LabeledPicture> {
  const name = pictureNameOf(file, path);
  const size = declaredSize(NAME, file.imageWidth, file.imageHeight, options);
  const objects: LabeledObject[] = [];
  const groups = new Map<string, number>();
  for (const [i, shape] of expectArray(NAME, 'shapes', file.shapes).entries()) {
    if (!isRecord(shape)) throw badFormat(NAME, `shapes[${i}]`, 'an object', shape);
    const runs = await readShape(shape, `shapes[${i}]`, size);
    if (runs === null) {
      options.onNote?.({ code: 'no-outline', picture: name });
      continue;
    }
    const className = expectText(NAME, `shapes[${i}].label`, shape.label);
    const group = shape.group_id === null || shape.group_id === undefined ? null : `${shape.group_id} ${className}`;
    const known = group === null ? undefined : groups.get(group);
    if (known !== undefined) {
      objects[known] = { ...objects[known], runs: union(objects[known].runs, runs) };
      continue;
    }
    if (group !== null) groups.set(group, objects.length);
    const id = typeof shape.description === 'string' && shape.description !== '' ? { id: shape.description } : {};
    objects.push({ runs, className, ...id });
  }
  return { name, ...size, objects };
}

/** The pixels of a shape as LabelMe paints them; null for points and lines. */
export async function readShape(shape: Record<string, unknown>, name: string, size: Size): Promise<MaskRuns | null> {
  const type = shape.shape_type ?? 'polygon';
  if (type === 'point' || type === 'points' || type === 'line' || type === 'linestrip') return null;
  const points = readPoints(shape.points, `${name}.points`);
  const [[x1, y1], [x2, y2]] = points.length < 2 ? [points[0], points[0]] : points;
  switch (type) {
    case 'polygon':
    case 'oriented_rectangle':
      return fillCentreLine(points.flat().map(Math.trunc), size);
    case 'rectangle':
      return fillCentreLine([x1, y1, x2, y1, x2, y2, x1, y2].map(Math.trunc), size);
    case 'circle':
      return fillEllipse(x1, y1, Math.hypot(x2 - x1, y2 - y1), Math.hypot(x2 - x1, y2 - y1), 0, size);
    case 'mask':
      return readMask(shape.mask, Math.trunc(x1), Math.trunc(y1), size, name);
    default:
      throw badFormat(NAME, `${name}.shape_type`, 'polygon, rectangle, circle, mask, point, line or linestrip', type);
  }
}

export function readPoints(value: unknown, name: string): [number, number][] {
  const points = expectArray(NAME, name, value);
  if (points.length === 0) throw badFormat(NAME, name, 'at least one point', value);
  return points.map((point, i) => {
    const [x, y] = Array.isArray(point) ? (point as unknown[]) : [];
    if (!isCoordinate(x)) throw badCoordinate(NAME, `${name}[${i}][0]`, x);
    if (!isCoordinate(y)) throw badCoordinate(NAME, `${name}[${i}][1]`, y);
    return [x, y];
  });
}

async function readMask(value: unknown, left: number, top: number, size: Size, name: string): Promise<MaskRuns> {
  const bytes = fromBase64(expectText(NAME, `${name}.mask`, value));
  if (bytes === null || !isPng(bytes)) throw badFormat(NAME, `${name}.mask`, 'a PNG in base64', value);
  const runs = await maskFromPngBytes(bytes, { maxPixels: size.width * size.height });
  const fits = left >= 0 && top >= 0 && left + runs.width <= size.width && top + runs.height <= size.height;
  if (!fits) throw badFormat(NAME, `${name}.points`, 'a mask inside the image', `${runs.width} x ${runs.height} px`);
  return pasteMask(runs, size, left, top);
}
