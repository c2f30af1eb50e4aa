import { cocoPolygon } from '../formats/coco-polygon.js';
import { badFormat, isRecord } from '../formats/codec.js';
import { badCoordinate, isCoordinate } from '../formats/outlines.js';
import type { Size } from '../geometry/index.js';
import { type MaskRuns, traceContours, union } from '../mask/index.js';
import type { DatasetFormat, DatasetReadOptions, LabeledObject, LabeledPicture } from './dataset.js';
import { fillEllipse } from './fill-ellipse.js';
import { expectArray, expectText, readJson, requirePicture, withEnding } from './reading.js';

const NAME = 'VIA';

/**
 * A project of the VGG Image Annotator, version 2. Polygons run along the edges between pixels, as VIA shows them, with
 * one region per part. Class and object are attributes of the region. VIA does not store the image's size, so it is an
 * attribute of the file.
 *
 * @example
 * ```ts
 * import { via } from '@clickmask/core/datasets';
 * import { rectRuns } from '@clickmask/core/masks';
 *
 * const runs = rectRuns({ width: 8, height: 8 }, { x: 0, y: 0, width: 4, height: 4 });
 * const picture = { name: 'a.jpg', width: 8, height: 8, objects: [{ runs, className: 'cat' }] };
 * for await (const { path } of via.write([picture])) console.log(path); // via.json
 * ```
 */
export const via = Object.freeze<DatasetFormat>({
  name: 'via',
  summary: 'VIA project JSON: VGG Image Annotator 2, Mask R-CNN tutorials',
  keeps: 'masks to the pixel by the rule "centre inside", classes, names of objects; not scores',
  async *write(pictures, { classes = [], detail = 1, onNote } = {}) {
    const metadata: Record<string, object> = {};
    const names = new Set(classes);
    for await (const { name, width, height, objects } of pictures) {
      const regions = objects.flatMap((object, i) => {
        names.add(object.className);
        const id = object.id ?? String(i + 1);
        if (object.runs.spans.length === 0) onNote?.({ code: 'empty-left-out', picture: name });
        if (object.score !== undefined) onNote?.({ code: 'scores-lost', picture: name });
        if (object.isCrowd === true) onNote?.({ code: 'crowds-lost', picture: name });
        if (detail < 1) onNote?.({ code: 'outline-simplified', picture: name });
        if (traceContours(object.runs).some(({ holes }) => holes.length > 0)) {
          onNote?.({ code: 'holes-bridged', picture: name });
        }
        return cocoPolygon.serialize(object.runs, { detail }).map((line) => ({
          shape_attributes: {
            name: 'polygon',
            all_points_x: line.filter((_, k) => k % 2 === 0),
            all_points_y: line.filter((_, k) => k % 2 === 1),
          },
          region_attributes: { class: object.className, object: id },
        }));
      });
      metadata[`${name}-1`] = { filename: name, size: -1, regions, file_attributes: { width, height } };
    }
    const options = Object.fromEntries([...names].map((name) => [name, '']));
    const project = {
      _via_settings: { ui: {}, core: { default_filepath: '' }, project: { name: 'clickmask' } },
      _via_img_metadata: metadata,
      _via_attributes: {
        region: {
          class: { type: 'dropdown', description: '', options, default_options: {} },
          object: { type: 'text', description: '', default_value: '' },
        },
        file: {
          width: { type: 'text', description: '', default_value: '' },
          height: { type: 'text', description: '', default_value: '' },
        },
      },
      _via_data_format_version: '2.0.10',
      _via_image_id_list: Object.keys(metadata),
    };
    yield { path: 'via.json', content: `${JSON.stringify(project)}\n` };
  },
  async *read(source, options = {}) {
    for (const path of withEnding(await source.list(), '.json')) {
      const pictures = picturesOf(await readJson(source, path));
      if (pictures === null) continue;
      for (const picture of Object.values(pictures)) yield await readPicture(picture, options);
    }
  },
  recognises: ({ json }) => picturesOf(json) !== null,
});

/** The images of a project or an export; null for another kind of file. */
function picturesOf(json: unknown): Record<string, unknown> | null {
  if (!isRecord(json)) return null;
  if (isRecord(json._via_img_metadata)) return json._via_img_metadata;
  const isExport = (entry: unknown) => isRecord(entry) && 'filename' in entry && 'regions' in entry;
  const entries = Object.values(json);
  return entries.length > 0 && entries.every(isExport) ? json : null;
}

async function readPicture(picture: unknown, options: DatasetReadOptions): Promise<LabeledPicture> {
  if (!isRecord(picture)) throw badFormat(NAME, 'an image', '{ filename, regions }', picture);
  const filename = expectText(NAME, 'filename', picture.filename);
  const { width, height } = isRecord(picture.file_attributes) ? picture.file_attributes : {};
  const hasSize = Number.isInteger(Number(width)) && Number(width) > 0 && Number(height) > 0;
  const known = hasSize
    ? { name: filename, width: Number(width), height: Number(height) }
    : await requirePicture(NAME, filename, options);
  const size = { width: known.width, height: known.height };
  const objects = new Map<string, LabeledObject>();
  // VIA 1 uses objects with numeric keys instead of arrays.
  const regions = isRecord(picture.regions) ? Object.values(picture.regions) : picture.regions;
  for (const [i, region] of expectArray(NAME, 'regions', regions).entries()) {
    if (!isRecord(region) || !isRecord(region.shape_attributes)) {
      throw badFormat(NAME, `regions[${i}]`, '{ shape_attributes, region_attributes }', region);
    }
    const runs = readShape(region.shape_attributes, size);
    if (runs === null) {
      options.onNote?.({ code: 'no-outline', picture: filename });
      continue;
    }
    const { className, id } = readAttributes(region.region_attributes);
    const key = id === undefined ? `region ${i}` : `object ${id} ${className}`;
    const before = objects.get(key);
    const whole = before === undefined ? runs : union(before.runs, runs);
    objects.set(key, { runs: whole, className, ...(id === undefined ? {} : { id }) });
  }
  return { ...known, objects: [...objects.values()] };
}

/** Class and name of a region. The class is the attribute with that name, else the first text attribute. */
function readAttributes(value: unknown): { className: string; id?: string } {
  const attributes = isRecord(value) ? value : {};
  const texts = Object.entries(attributes).filter(([, text]) => typeof text === 'string' && text !== '');
  const named = texts.find(([name]) => /^(class|label|name|type|category)$/i.test(name)) ?? texts[0];
  const id = attributes.object;
  return {
    className: named === undefined ? 'object' : String(named[1]),
    ...(typeof id === 'string' && id !== '' ? { id } : {}),
  };
}

function readShape(shape: Record<string, unknown>, size: Size): MaskRuns | null {
  const number = (name: string): number => {
    const value = shape[name];
    if (!isCoordinate(value)) throw badCoordinate(NAME, name, value);
    return value;
  };
  const fill = (points: readonly number[]) => cocoPolygon.parse([points], { size });
  switch (shape.name) {
    case 'polygon': {
      const xs = expectArray(NAME, 'all_points_x', shape.all_points_x);
      const ys = expectArray(NAME, 'all_points_y', shape.all_points_y);
      if (xs.length !== ys.length || xs.length < 3) throw badFormat(NAME, 'all_points_y', 'as many numbers as x', ys);
      return fill(xs.flatMap((x, i) => [x, ys[i]]) as number[]);
    }
    case 'rect': {
      const [x, y, width, height] = [number('x'), number('y'), number('width'), number('height')];
      return fill([x, y, x + width, y, x + width, y + height, x, y + height]);
    }
    case 'circle':
      return fillEllipse(number('cx'), number('cy'), number('r'), number('r'), 0, size);
    case 'ellipse': {
      const turn = isCoordinate(shape.theta) ? shape.theta : 0;
      return fillEllipse(number('cx'), number('cy'), number('rx'), number('ry'), turn, size);
    }
    case 'point':
    case 'polyline':
      return null;
    default:
      throw badFormat(NAME, 'shape_attributes.name', 'polygon, rect, circle, ellipse, polyline or point', shape.name);
  }
}
