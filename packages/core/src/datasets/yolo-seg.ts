import { badFormat } from '../formats/codec.js';
import { isCoordinate } from '../formats/outlines.js';
import type { Size } from '../geometry/index.js';
import {
  area,
  centreLines,
  difference,
  fillCentreLine,
  joinLines,
  type MaskRuns,
  toleranceForDetail,
  traceContours,
} from '../mask/index.js';
import type { DatasetFormat, DatasetReadOptions, DatasetSource, LabeledObject, LabeledPicture } from './dataset.js';
import { createClassNumbers, createStems, stemOf } from './names.js';
import type { Note } from './notes.js';
import { readText, requirePicture, withEnding } from './reading.js';

const NAME = 'YOLO';

/**
 * Segmentation labels of Ultralytics' YOLO: `labels/<picture>.txt` with one line per object (its class, and one outline
 * as fractions of the image's sides), and `data.yaml` with the classes.
 *
 * Its readers truncate coordinates to whole pixels and paint the line as well as its inside (`cv2.fillPoly`). Outlines
 * therefore run through the centres of the outermost pixels, and come back exactly. Holes are connected without loss.
 * Parts that do not touch are joined by a line, whose pixels are added.
 *
 * @example
 * ```ts
 * import { yoloSeg } from '@clickmask/core/datasets';
 * import { rectRuns } from '@clickmask/core/masks';
 *
 * const runs = rectRuns({ width: 8, height: 8 }, { x: 0, y: 0, width: 4, height: 4 });
 * const picture = { name: 'a.jpg', width: 8, height: 8, objects: [{ runs, className: 'cat' }] };
 * for await (const { path } of yoloSeg.write([picture])) console.log(path); // labels/a.txt data.yaml
 * ```
 */
export const yoloSeg = Object.freeze<DatasetFormat>({
  name: 'yolo-seg',
  summary: 'YOLO segmentation labels: Ultralytics',
  keeps: 'masks to the pixel as its readers paint them (parts that do not touch are joined), classes',
  async *write(pictures, { classes, detail = 1, onNote } = {}) {
    const numbers = createClassNumbers(classes);
    const stemFor = createStems();
    for await (const picture of pictures) {
      const { name, width, height, objects } = picture;
      const lines: string[] = [];
      for (const object of objects) {
        const line = outlineOf(object.runs, detail, name, onNote);
        if (object.score !== undefined) onNote?.({ code: 'scores-lost', picture: name });
        if (object.id !== undefined) onNote?.({ code: 'ids-lost', picture: name });
        if (object.isCrowd === true) onNote?.({ code: 'crowds-lost', picture: name });
        if (line.length === 0) continue;
        const shares = line.map((value, i) => share(value, i % 2 === 0 ? width : height));
        lines.push([numbers.numberOf(object.className), ...shares].join(' '));
      }
      yield { path: `labels/${stemFor(name)}.txt`, content: lines.map((line) => `${line}\n`).join('') };
    }
    const names = numbers.names.map((name, i) => `  ${i}: ${JSON.stringify(name)}\n`).join('');
    yield {
      path: 'data.yaml',
      content: `path: .\ntrain: images\nval: images\nnames:${names === '' ? ' {}' : ''}\n${names}`,
    };
  },
  async *read(source, options = {}) {
    const paths = await source.list();
    const classes = options.classes ?? (await readClasses(source, paths));
    for (const path of withEnding(paths, '.txt')) {
      if (isClassList(path)) continue;
      yield await readLabels(source, path, classes, options);
    }
  },
  readClasses: async (source) => readClasses(source, await source.list()),
  recognises: ({ paths }) =>
    withEnding(paths, '.yaml').some((path) => /(^|\/)data\.yaml$/.test(path)) ||
    withEnding(paths, '.txt').some((path) => /(^|\/)labels\//.test(path)),
});

/** The pixel's centre as a fraction of the side, which is far from any rounding limit of a reader. */
function share(pixel: number, side: number): string {
  return Number(((pixel + 0.5) / side).toFixed(8)).toString();
}

/**
 * One line around an object that readers fill to exactly its pixels. Lines with fewer than three corners are padded.
 */
function outlineOf(runs: MaskRuns, detail: number, picture: string, onNote?: (note: Note) => void): number[] {
  const tolerance = detail === 1 ? 0 : toleranceForDetail(detail, traceContours(runs));
  const lines = centreLines(runs, tolerance);
  if (lines.length === 0) {
    onNote?.({ code: 'empty-left-out', picture });
    return [];
  }
  if (tolerance > 0) onNote?.({ code: 'outline-simplified', picture });
  const joined = joinLines(lines);
  if (lines.length > 1 && tolerance === 0) {
    const pixels = area(difference(fillCentreLine(joined, runs), runs));
    if (pixels > 0) onNote?.({ code: 'parts-joined', picture, pixels });
  }
  while (joined.length < 6) joined.push(joined[0], joined[1]);
  return joined;
}

function isClassList(path: string): boolean {
  return /(^|\/)(classes|obj|train|val|test)\.(txt|names)$/i.test(path);
}

/** Class names in `data.yaml` (a list or a map) or in `classes.txt`; none if both are missing. */
async function readClasses(source: DatasetSource, paths: readonly string[]): Promise<readonly string[]> {
  const yaml = paths.find((path) => /\.ya?ml$/i.test(path));
  if (yaml !== undefined) return namesOfYaml(await readText(source, yaml));
  const list = paths.find((path) => /(^|\/)(classes\.txt|obj\.names)$/i.test(path));
  if (list === undefined) return [];
  return (await readText(source, list)).split(/\r?\n/).filter((line) => line.trim() !== '');
}

/** `names:` of a data.yaml: `[a, b]`, `{0: a}`, or one line each, `- a` or `0: a`. */
function namesOfYaml(text: string): string[] {
  const names: string[] = [];
  const lines = text.split(/\r?\n/);
  const start = lines.findIndex((line) => /^names\s*:/.test(line));
  if (start < 0) return names;
  const add = (entry: string) => {
    const [, number, name] = /^\s*(?:(\d+)\s*:|-)?\s*(.*?)\s*$/.exec(entry) as RegExpExecArray;
    if (name !== '') names[number === undefined ? names.length : Number(number)] = unquote(name);
  };
  const flow = /^names\s*:\s*[[{](.*)[\]}]/s.exec(lines.slice(start).join('\n').split(/[\]}]/)[0].concat(']'));
  if (flow !== null) flow[1].split(',').forEach(add);
  else for (let i = start + 1; i < lines.length && /^(\s|-|\s*$)/.test(lines[i]); i++) add(lines[i]);
  if (names.length > 100_000) return [];
  return Array.from(names, (name, i) => name ?? String(i));
}

function unquote(text: string): string {
  if (/^".*"$/.test(text)) {
    try {
      return String(JSON.parse(text));
    } catch {
      return text.slice(1, -1);
    }
  }
  return /^'.*'$/.test(text) ? text.slice(1, -1).replaceAll("''", "'") : text.replace(/\s+#.*$/, '');
}

async function readLabels(
  source: DatasetSource,
  path: string,
  classes: readonly string[],
  options: DatasetReadOptions,
): Promise<LabeledPicture> {
  const stem = stemOf(path).replace(/^(?:.*\/)?labels\//, '');
  const { name, width, height } = await requirePicture(NAME, stem, options);
  const size = { width, height };
  const objects: LabeledObject[] = [];
  const text = await readText(source, path);
  for (const [i, line] of text.split(/\r?\n/).entries()) {
    if (line.trim() === '') continue;
    const [number, ...shares] = line.trim().split(/\s+/).map(Number);
    if (!Number.isInteger(number) || number < 0 || shares.length < 4 || shares.length % 2 !== 0) {
      throw badFormat(NAME, `line ${i + 1} of ${path}`, 'a class number, then x and y of corners', line);
    }
    if (!shares.every(isCoordinate)) throw badFormat(NAME, `line ${i + 1} of ${path}`, 'numbers', line);
    if (classes[number] === undefined) options.onNote?.({ code: 'classes-guessed', picture: name });
    const runs = shares.length === 4 ? null : readOutline(shares, size);
    if (runs === null) options.onNote?.({ code: 'no-outline', picture: name });
    else objects.push({ runs, className: classes[number] ?? String(number) });
  }
  return { name, ...size, objects };
}

/** As Ultralytics paints it: fractions to pixels, truncated, line and inside. */
function readOutline(shares: readonly number[], size: Size): MaskRuns {
  const line = shares.map((value, i) => Math.trunc(value * (i % 2 === 0 ? size.width : size.height)));
  return fillCentreLine(line, size);
}
