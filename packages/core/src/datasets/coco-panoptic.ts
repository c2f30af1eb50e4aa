import { badFormat, isRecord } from '../formats/codec.js';
import { encodePng } from '../formats/png.js';
import { area, bounds } from '../mask/index.js';
import { listCategories, readCategories, readImages } from './coco.js';
import { vocColour } from './colours.js';
import type { DatasetFormat, LabeledObject } from './dataset.js';
import { forEachPixel, readPng } from './label-map.js';
import { masksByValue, withoutOverlap } from './layers.js';
import { createClassNumbers, createStems, fileNameOf } from './names.js';
import { expectArray, expectText, readJson, withEnding } from './reading.js';

const NAME = 'COCO panoptic';

/**
 * COCO's panoptic annotations: `panoptic.json`, and a PNG per image in `panoptic/`. Each colour is a segment's number
 * (red + 256 green + 65536 blue).
 *
 * @example
 * ```ts
 * import { cocoPanoptic } from '@clickmask/core/datasets';
 * import { rectRuns } from '@clickmask/core/masks';
 *
 * const runs = rectRuns({ width: 8, height: 8 }, { x: 0, y: 0, width: 4, height: 4 });
 * const picture = { name: 'a.jpg', width: 8, height: 8, objects: [{ runs, className: 'cat' }] };
 * for await (const { path } of cocoPanoptic.write([picture])) console.log(path); // panoptic/a.png panoptic.json
 * ```
 */
export const cocoPanoptic = Object.freeze<DatasetFormat>({
  name: 'coco-panoptic',
  summary: 'COCO panoptic JSON with PNGs: panopticapi, detectron2, MMDetection',
  keeps: 'masks to the pixel where they do not overlap, classes, crowds; not scores',
  async *write(pictures, { classes, onNote } = {}) {
    const numbers = createClassNumbers(classes);
    const stemFor = createStems();
    const images: object[] = [];
    const annotations: object[] = [];
    for await (const picture of pictures) {
      const { name, width, height, objects } = picture;
      const imageId = images.length + 1;
      const path = `panoptic/${stemFor(name)}.png`;
      const layers = withoutOverlap(picture, onNote);
      const segments = objects.flatMap((object, i) => {
        const box = bounds(layers[i]);
        if (object.score !== undefined) onNote?.({ code: 'scores-lost', picture: name });
        if (object.id !== undefined) onNote?.({ code: 'ids-lost', picture: name });
        if (box === null) {
          onNote?.({ code: 'empty-left-out', picture: name });
          return [];
        }
        return {
          id: i + 1,
          category_id: numbers.numberOf(object.className) + 1,
          area: area(layers[i]),
          bbox: [box.x, box.y, box.width, box.height],
          iscrowd: object.isCrowd === true ? 1 : 0,
        };
      });
      images.push({ id: imageId, file_name: name, width, height });
      annotations.push({ image_id: imageId, file_name: path.slice('panoptic/'.length), segments_info: segments });
      const content = await encodePng(picture, 'rgb', (samples, stride) =>
        forEachPixel(layers, (x, y, i) => {
          const at = y * stride + 3 * x;
          samples[at] = (i + 1) & 255;
          samples[at + 1] = (i + 1) >> 8;
          samples[at + 2] = (i + 1) >> 16;
        }),
      );
      yield { path, content };
    }
    const categories = numbers.names.map((name, i) => ({
      id: i + 1,
      name,
      supercategory: '',
      isthing: 1,
      color: vocColour((i + 1) & 255),
    }));
    yield { path: 'panoptic.json', content: `${JSON.stringify({ images, annotations, categories })}\n` };
  },
  async *read(source, options = {}) {
    const paths = await source.list();
    for (const path of withEnding(paths, '.json')) {
      const file = await readJson(source, path);
      if (!isPanoptic(file)) continue;
      const categories = readCategories(NAME, file.categories);
      const images = new Map(readImages(NAME, file.images, options).map((image) => [image.id, image]));
      for (const annotation of file.annotations) {
        if (!isRecord(annotation)) throw badFormat(NAME, 'annotations', 'objects', annotation);
        const image = images.get(annotation.image_id);
        const png = expectText(NAME, 'annotations.file_name', annotation.file_name);
        if (image === undefined) {
          options.onNote?.({ code: 'picture-unknown', picture: png });
          continue;
        }
        const found = paths.find((name) => name.endsWith(`/${png}`) || name === png || fileNameOf(name) === png);
        if (found === undefined) throw badFormat(NAME, png, 'a PNG beside the JSON', 'none');
        const { data, kind, ...size } = await readPng(source, found, options);
        const channels = kind === 'rgba' ? 4 : 3;
        if (kind !== 'rgb' && kind !== 'rgba') throw badFormat(NAME, png, 'colours', kind);
        if (size.width !== image.size.width || size.height !== image.size.height) {
          throw badFormat(
            NAME,
            png,
            `${image.size.width} x ${image.size.height} px`,
            `${size.width} x ${size.height} px`,
          );
        }
        const valueAt = (pixel: number) =>
          data[pixel * channels] + 256 * data[pixel * channels + 1] + 65536 * data[pixel * channels + 2];
        const masks = masksByValue(image.size, valueAt, (value) => value === 0);
        const objects: LabeledObject[] = [];
        for (const segment of expectArray(NAME, 'segments_info', annotation.segments_info)) {
          if (!isRecord(segment)) throw badFormat(NAME, 'segments_info', 'objects', segment);
          const runs = masks.get(Number(segment.id));
          const className = categories.get(segment.category_id) ?? String(segment.category_id);
          if (runs === undefined) options.onNote?.({ code: 'empty-left-out', picture: image.name });
          else objects.push({ runs, className, ...(segment.iscrowd === 1 ? { isCrowd: true } : {}) });
        }
        yield { name: image.name, ...image.size, objects };
      }
    }
  },
  readClasses: (source) => listCategories(NAME, source, isPanoptic),
  recognises: ({ json }) => isPanoptic(json),
});

function isPanoptic(json: unknown): json is Record<string, unknown> & { readonly annotations: readonly unknown[] } {
  return (
    isRecord(json) &&
    Array.isArray(json.annotations) &&
    json.annotations.some((annotation: unknown) => isRecord(annotation) && 'segments_info' in annotation)
  );
}
