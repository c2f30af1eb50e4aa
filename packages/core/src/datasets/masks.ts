import { isRecord } from '../formats/codec.js';
import { maskFromPngBytes, maskToPng } from '../formats/png.js';
import type { DatasetFormat, LabeledObject, LabeledPicture } from './dataset.js';
import { createStems, fileNameOf, folderOf, safePath, stemOf } from './names.js';
import { declaredSize, expectArray, expectText, fullName, readJson, withEnding } from './reading.js';

const NAME = 'masks';

/**
 * One PNG per object, 8-bit grey, 255 on the object and 0 around it: `<picture>/<number>-<class>.png`. `masks.json`
 * describes the files. Without it, class names come from the file names.
 *
 * @example
 * ```ts
 * import { masks } from '@clickmask/core/datasets';
 * import { rectRuns } from '@clickmask/core/masks';
 *
 * const runs = rectRuns({ width: 8, height: 8 }, { x: 0, y: 0, width: 4, height: 4 });
 * const picture = { name: 'a.jpg', width: 8, height: 8, objects: [{ runs, className: 'cat' }] };
 * for await (const { path } of masks.write([picture])) console.log(path); // a/1-cat.png masks.json
 * ```
 */
export const masks = Object.freeze<DatasetFormat>({
  name: 'masks',
  summary: 'a black and white PNG per object, with a list of them',
  keeps: 'everything',
  async *write(pictures) {
    const stemFor = createStems();
    const list: object[] = [];
    for await (const { name, width, height, objects } of pictures) {
      const stem = stemFor(name);
      const entries: object[] = [];
      for (const [i, { runs, className, id, score, isCrowd }] of objects.entries()) {
        const path = `${stem}/${i + 1}-${fileNameOf(safePath(className))}.png`;
        yield { path, content: await maskToPng(runs) };
        entries.push({ file: path, class: className, object: id, score, crowd: isCrowd });
      }
      list.push({ picture: name, width, height, objects: entries });
    }
    yield { path: 'masks.json', content: `${JSON.stringify(list, null, 2)}\n` };
  },
  async *read(source, options = {}) {
    const paths = await source.list();
    const index = paths.find((path) => fileNameOf(path) === 'masks.json');
    const read = async (path: string) =>
      maskFromPngBytes(
        await source.read(path),
        options.maxPixels === undefined ? {} : { maxPixels: options.maxPixels },
      );
    if (index === undefined) {
      for (const [stem, files] of byPicture(withEnding(paths, '.png'))) {
        const objects: LabeledObject[] = [];
        for (const file of files) objects.push({ runs: await read(file), className: classOf(file) });
        const { width, height } = objects[0].runs;
        yield { name: await fullName(stem, options), width, height, objects };
      }
      return;
    }
    for (const entry of expectArray(NAME, 'masks.json', await readJson(source, index))) {
      yield await readEntry(entry, (file) => read(folderOf(index) + file), options.maxPixels);
    }
  },
  recognises: ({ paths }) => withEnding(paths, '.png').length > 0,
});

async function readEntry(
  entry: unknown,
  read: (file: string) => Promise<LabeledObject['runs']>,
  maxPixels: number | undefined,
): Promise<LabeledPicture> {
  const { picture, width, height, objects: listed } = isRecord(entry) ? entry : {};
  const size = declaredSize(NAME, width, height, maxPixels === undefined ? {} : { maxPixels });
  const objects: LabeledObject[] = [];
  for (const object of expectArray(NAME, 'objects', listed)) {
    const fields = isRecord(object) ? object : {};
    objects.push({
      runs: await read(expectText(NAME, 'file', fields.file)),
      className: expectText(NAME, 'class', fields.class),
      ...(typeof fields.object === 'string' ? { id: fields.object } : {}),
      ...(typeof fields.score === 'number' ? { score: fields.score } : {}),
      ...(fields.crowd === true ? { isCrowd: true } : {}),
    });
  }
  return { name: expectText(NAME, 'picture', picture), ...size, objects };
}

/**
 * Masks in a folder belong to the image with the folder's name. Other masks belong to the image with their own name.
 */
function byPicture(paths: readonly string[]): Map<string, string[]> {
  const pictures = new Map<string, string[]>();
  for (const path of paths) {
    const folder = folderOf(path).slice(0, -1);
    const stem = /(^|\/)\d+(-[^/]*)?\.png$/i.test(path) && folder !== '' ? folder : stemOf(path);
    const files = pictures.get(stem) ?? [];
    files.push(path);
    pictures.set(stem, files);
  }
  return pictures;
}

function classOf(path: string): string {
  return /(?:^|\/)\d+-([^/]+)\.png$/i.exec(path)?.[1] ?? 'object';
}
