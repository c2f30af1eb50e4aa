import { cocoPolygon } from '../formats/coco-polygon.js';
import { cocoRle, cocoRleUncompressed } from '../formats/coco-rle.js';
import { badFormat, isRecord } from '../formats/codec.js';
import type { Size } from '../geometry/index.js';
import { area, bounds, type MaskRuns } from '../mask/index.js';
import type { DatasetFormat, DatasetReadOptions, DatasetSource, LabeledObject, LabeledPicture } from './dataset.js';
import { createClassNumbers } from './names.js';
import { declaredSize, expectArray, expectText, readJson, withEnding } from './reading.js';

const NAME = 'COCO';

/**
 * COCO's object annotations (`instances_*.json`): polygons for single objects, uncompressed RLE for crowds. `bbox` and
 * `area` are computed from the pixels. Also reads compressed RLE, and the `score` of results.
 *
 * @example
 * ```ts
 * import { coco } from '@clickmask/core/datasets';
 * import { rectRuns } from '@clickmask/core/masks';
 *
 * const runs = rectRuns({ width: 8, height: 6 }, { x: 1, y: 2, width: 3, height: 2 });
 * const picture = { name: 'a.jpg', width: 8, height: 6, objects: [{ runs, className: 'cat' }] };
 * for await (const { path, content } of coco.write([picture])) {
 *   console.log(path, JSON.parse(String(content)).annotations[0].area); // annotations.json 6
 * }
 * ```
 */
export const coco = Object.freeze<DatasetFormat>({
  name: 'coco',
  summary: 'COCO JSON: pycocotools, detectron2, MMDetection, CVAT, FiftyOne',
  keeps: 'masks to the pixel, classes, scores, crowds; not the names of objects',
  async *write(pictures, { classes, detail = 1, onNote } = {}) {
    const numbers = createClassNumbers(classes);
    const images: string[] = [];
    const annotations: string[] = [];
    for await (const picture of pictures) {
      const { name, width, height, objects } = picture;
      const imageId = images.length + 1;
      images.push(JSON.stringify({ id: imageId, file_name: name, width, height }));
      for (const object of objects) {
        const box = bounds(object.runs);
        if (box === null) {
          onNote?.({ code: 'empty-left-out', picture: name });
          continue;
        }
        if (object.id !== undefined) onNote?.({ code: 'ids-lost', picture: name });
        if (detail < 1 && object.isCrowd !== true) onNote?.({ code: 'outline-simplified', picture: name });
        annotations.push(
          JSON.stringify({
            id: annotations.length + 1,
            image_id: imageId,
            category_id: numbers.numberOf(object.className) + 1,
            segmentation:
              object.isCrowd === true
                ? cocoRleUncompressed.serialize(object.runs)
                : cocoPolygon.serialize(object.runs, { detail }),
            area: area(object.runs),
            bbox: [box.x, box.y, box.width, box.height],
            iscrowd: object.isCrowd === true ? 1 : 0,
            ...(object.score === undefined ? {} : { score: object.score }),
          }),
        );
      }
    }
    const categories = numbers.names.map((name, i) => JSON.stringify({ id: i + 1, name }));
    const list = (name: string, items: readonly string[]) => `"${name}": [\n${items.join(',\n')}\n]`;
    const parts = [list('images', images), list('categories', categories), list('annotations', annotations)];
    yield { path: 'annotations.json', content: `{\n${parts.join(',\n')}\n}\n` };
  },
  async *read(source, options = {}) {
    for (const path of withEnding(await source.list(), '.json')) {
      const file = await readJson(source, path);
      if (isCoco(file)) yield* readFile(file, options);
    }
  },
  readClasses: (source) => listCategories(NAME, source, isCoco),
  recognises: ({ json }) => isCoco(json),
});

export function isCoco(json: unknown): json is Record<string, unknown> {
  return (
    isRecord(json) &&
    Array.isArray(json.images) &&
    Array.isArray(json.annotations) &&
    !json.annotations.some((annotation: unknown) => isRecord(annotation) && 'segments_info' in annotation)
  );
}

/** Names of `categories` by `id`. */
export function readCategories(format: string, value: unknown): Map<unknown, string> {
  const categories = expectArray(format, 'categories', value ?? []);
  return new Map(
    categories.map((category, i): [unknown, string] => {
      if (!isRecord(category)) throw badFormat(format, `categories[${i}]`, '{ id, name }', category);
      return [category.id, expectText(format, `categories[${i}].name`, category.name)];
    }),
  );
}

/** Names of `categories`, ordered by id, from all JSON files of this kind. */
export async function listCategories(
  format: string,
  source: DatasetSource,
  isKind: (json: unknown) => json is Record<string, unknown>,
): Promise<readonly string[]> {
  const names = new Set<string>();
  for (const path of withEnding(await source.list(), '.json')) {
    const file = await readJson(source, path);
    if (!isKind(file)) continue;
    const sorted = [...readCategories(format, file.categories)].sort(([a], [b]) => Number(a) - Number(b));
    for (const [, name] of sorted) names.add(name);
  }
  return [...names];
}

/** The checked entries of `images`. */
export function readImages(
  format: string,
  value: unknown,
  options: DatasetReadOptions,
): { readonly id: unknown; readonly name: string; readonly size: Size }[] {
  return expectArray(format, 'images', value).map((image, i) => {
    if (!isRecord(image)) throw badFormat(format, `images[${i}]`, 'an object', image);
    const name = expectText(format, `images[${i}].file_name`, image.file_name);
    return { id: image.id, name, size: declaredSize(format, image.width, image.height, options) };
  });
}

function* readFile(file: Record<string, unknown>, options: DatasetReadOptions): Generator<LabeledPicture> {
  const categories = readCategories(NAME, file.categories);
  const images = readImages(NAME, file.images, options);
  const byImage = new Map<unknown, Record<string, unknown>[]>(images.map(({ id }) => [id, []]));
  for (const annotation of expectArray(NAME, 'annotations', file.annotations)) {
    if (!isRecord(annotation)) throw badFormat(NAME, 'annotations', 'objects', annotation);
    const list = byImage.get(annotation.image_id);
    if (list === undefined) options.onNote?.({ code: 'picture-unknown', picture: String(annotation.image_id) });
    else list.push(annotation);
  }
  for (const { id, name, size } of images) {
    const objects: LabeledObject[] = [];
    for (const annotation of byImage.get(id) ?? []) {
      const runs = readSegmentation(annotation.segmentation, size);
      if (runs === null) {
        options.onNote?.({ code: 'no-outline', picture: name });
        continue;
      }
      objects.push({
        runs,
        className: categories.get(annotation.category_id) ?? String(annotation.category_id),
        ...(typeof annotation.score === 'number' ? { score: annotation.score } : {}),
        ...(annotation.iscrowd === 1 ? { isCrowd: true } : {}),
      });
    }
    yield { name, ...size, objects };
  }
}

/** Null if an annotation has only a box or points. */
export function readSegmentation(segmentation: unknown, size: Size): MaskRuns | null {
  if (segmentation === undefined || segmentation === null) return null;
  if (Array.isArray(segmentation)) {
    return segmentation.length === 0 ? null : cocoPolygon.parse(segmentation, { size });
  }
  return cocoRle.parse(segmentation, { size });
}
