import { cocoRle } from '../formats/coco-rle.js';
import { badFormat, isRecord } from '../formats/codec.js';
import { area, bounds } from '../mask/index.js';
import type { DatasetFormat, DatasetReadOptions, LabeledObject, LabeledPicture } from './dataset.js';
import { declaredSize, expectArray, expectText, readText, withEnding } from './reading.js';

const NAME = 'Clickmask results';

/**
 * One JSON line per image, with all data of its objects, and masks as COCO RLE. `clickmask batch` uses it for its work
 * in progress.
 *
 * @example
 * ```ts
 * import { results } from '@clickmask/core/datasets';
 * import { rectRuns } from '@clickmask/core/masks';
 *
 * const runs = rectRuns({ width: 8, height: 8 }, { x: 0, y: 0, width: 4, height: 4 });
 * const picture = { name: 'a.jpg', width: 8, height: 8, objects: [{ runs, className: 'cat' }] };
 * for await (const { path } of results.write([picture])) console.log(path); // results.jsonl
 * ```
 */
export const results = Object.freeze<DatasetFormat>({
  name: 'results',
  summary: 'a JSON line per image, masks as COCO RLE: what batch keeps while it works',
  keeps: 'everything',
  async *write(pictures) {
    const lines: string[] = [];
    for await (const picture of pictures) lines.push(`${JSON.stringify(resultLine(picture))}\n`);
    yield { path: 'results.jsonl', content: lines.join('') };
  },
  async *read(source, options = {}) {
    for (const path of withEnding(await source.list(), '.jsonl')) {
      for (const line of (await readText(source, path)).split('\n')) {
        const picture = line.trim() === '' ? null : parseResultLine(line, options);
        if (picture !== null) yield picture;
      }
    }
  },
  recognises: ({ paths }) => withEnding(paths, '.jsonl').length > 0,
});

/** The content of a line. */
export function resultLine({ name, width, height, objects }: LabeledPicture) {
  return {
    picture: name,
    width,
    height,
    objects: objects.map(({ runs, className, id, score, isCrowd }) => {
      const box = bounds(runs);
      return {
        object: id,
        class: className,
        score,
        crowd: isCrowd,
        area: area(runs),
        bbox: box === null ? null : [box.x, box.y, box.width, box.height],
        rle: cocoRle.serialize(runs),
      };
    }),
  };
}

/**
 * Reads a line; null if it is not a result: settings, or an image that failed.
 *
 * @throws ClickmaskError `bad-format`
 */
export function parseResultLine(line: string, options: DatasetReadOptions = {}): LabeledPicture | null {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    throw badFormat(NAME, 'a line', 'JSON', line);
  }
  if (!isRecord(value) || !('objects' in value)) return null;
  const size = declaredSize(NAME, value.width, value.height, options);
  const objects = expectArray(NAME, 'objects', value.objects).map((object): LabeledObject => {
    if (!isRecord(object)) throw badFormat(NAME, 'objects', 'objects', object);
    return {
      runs: cocoRle.parse(object.rle, { size }),
      className: expectText(NAME, 'class', object.class),
      ...(typeof object.object === 'string' ? { id: object.object } : {}),
      ...(typeof object.score === 'number' ? { score: object.score } : {}),
      ...(object.crowd === true ? { isCrowd: true } : {}),
    };
  });
  return { name: expectText(NAME, 'picture', value.picture), ...size, objects };
}
