import type { Codec } from '../formats/codec.js';
import { isRecord } from '../formats/codec.js';
import type { DatasetFormat, LabeledObject } from './dataset.js';
import { createStems, stemOf } from './names.js';
import { readJson, readText, requirePicture, withEnding } from './reading.js';

/**
 * A codec as a data set: one file per object with only its mask, named `<picture>.json` or, if an image has several
 * objects, `<picture>/<number>.json`.
 */
export function codecFiles(codec: Codec<unknown, { detail?: number }>): DatasetFormat {
  const ending = codec.mediaType.startsWith('text/') ? 'txt' : 'json';
  return Object.freeze({
    name: codec.name,
    summary: `a file for each object with its mask as ${codec.name}`,
    keeps: codec.needsSize
      ? 'masks to the pixel; not classes, sizes, scores'
      : 'masks to the pixel; not classes, scores',
    async *write(pictures, { detail = 1, onNote } = {}) {
      const stemFor = createStems();
      for await (const { name, objects } of pictures) {
        const stem = stemFor(name);
        for (const [i, object] of objects.entries()) {
          if (object.score !== undefined) onNote?.({ code: 'scores-lost', picture: name });
          if (object.id !== undefined) onNote?.({ code: 'ids-lost', picture: name });
          onNote?.({ code: 'classes-lost', picture: name });
          const value = codec.serialize(object.runs, codec.isOutline ? { detail } : {});
          const content = ending === 'txt' ? `${String(value)}\n` : `${JSON.stringify(value)}\n`;
          yield { path: objects.length === 1 ? `${stem}.${ending}` : `${stem}/${i + 1}.${ending}`, content };
        }
      }
    },
    async *read(source, options = {}) {
      for (const [stem, paths] of byImage(withEnding(await source.list(), `.${ending}`))) {
        const known = codec.needsSize
          ? await requirePicture(codec.name, stem, options)
          : await options.findPicture?.(stem);
        // Files from strangers may belong to images of different sizes.
        const bySize = new Map<string, LabeledObject[]>();
        for (const path of paths) {
          const value = ending === 'txt' ? (await readText(source, path)).trim() : await readJson(source, path);
          const runs = codec.parse(value, {
            ...(codec.needsSize && known ? { size: { width: known.width, height: known.height } } : {}),
            ...(options.maxPixels === undefined ? {} : { maxPixels: options.maxPixels }),
          });
          const size = `${runs.width} x ${runs.height}`;
          bySize.set(size, [...(bySize.get(size) ?? []), { runs, className: 'object' }]);
        }
        for (const objects of bySize.values()) {
          const { width, height } = objects[0].runs;
          yield { name: known?.name ?? stem, width, height, objects };
        }
      }
    },
    recognises: ({ json }) => !codec.needsSize && isRecord(json) && recognisesValue(codec, json),
  } satisfies DatasetFormat);
}

/** Files by their image. Files of one image are ordered by number. */
function byImage(paths: readonly string[]): ReadonlyMap<string, readonly string[]> {
  const files = new Map<string, string[]>();
  const numberOf = (path: string) => Number(/(\d+)$/.exec(stemOf(path))?.[1]);
  for (const path of paths) {
    const stem = stemOf(path).replace(/\/\d+$/, '');
    files.set(stem, [...(files.get(stem) ?? []), path]);
  }
  for (const own of files.values()) own.sort((a, b) => numberOf(a) - numberOf(b));
  return files;
}

function recognisesValue(codec: Codec, value: unknown): boolean {
  try {
    codec.parse(value);
    return true;
  } catch {
    return false;
  }
}
