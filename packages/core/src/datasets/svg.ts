import { badFormat } from '../formats/codec.js';
import { svgPath } from '../formats/svg-path.js';
import type { Size } from '../geometry/index.js';
import { type MaskRuns, traceContours } from '../mask/index.js';
import { vocColour } from './colours.js';
import type { DatasetFormat, DatasetReadOptions, LabeledObject, LabeledPicture } from './dataset.js';
import { createStems, stemOf } from './names.js';
import { declaredSize, fullName, readText, withEnding } from './reading.js';

const NAME = 'SVG';

/**
 * One SVG per image with one path per object, filled by the even-odd rule, in the colour of its class. `data-class`,
 * `data-object` and `data-score` describe the object. Reads paths of straight lines, polygons and rectangles without
 * transformations.
 *
 * @example
 * ```ts
 * import { svg } from '@clickmask/core/datasets';
 * import { rectRuns } from '@clickmask/core/masks';
 *
 * const runs = rectRuns({ width: 8, height: 8 }, { x: 0, y: 0, width: 4, height: 4 });
 * const picture = { name: 'a.jpg', width: 8, height: 8, objects: [{ runs, className: 'cat' }] };
 * for await (const { path } of svg.write([picture])) console.log(path); // a.svg
 * ```
 */
export const svg = Object.freeze<DatasetFormat>({
  name: 'svg',
  summary: 'an SVG per image: browsers, Inkscape, Illustrator',
  keeps: 'everything but crowds',
  async *write(pictures, { classes = [], detail = 1, onNote } = {}) {
    const stemFor = createStems();
    const colours = new Map(classes.map((name, i) => [name, i + 1]));
    for await (const picture of pictures) {
      const { name, width, height, objects } = picture;
      const paths = objects.map(({ runs, className, id, score, isCrowd }) => {
        if (isCrowd === true) onNote?.({ code: 'crowds-lost', picture: name });
        if (detail < 1 && traceContours(runs).length > 0) onNote?.({ code: 'outline-simplified', picture: name });
        if (!colours.has(className)) colours.set(className, colours.size + 1);
        const attributes = {
          'data-class': className,
          'data-object': id,
          'data-score': score,
          fill: `rgb(${vocColour((colours.get(className) as number) & 255).join(',')})`,
          d: svgPath.serialize(runs, { detail }),
        };
        return `  <path${writeAttributes(attributes)}><title>${toXml(className)}</title></path>\n`;
      });
      const head = writeAttributes({
        xmlns: 'http://www.w3.org/2000/svg',
        width,
        height,
        viewBox: `0 0 ${width} ${height}`,
        'fill-rule': 'evenodd',
        'fill-opacity': 0.5,
        'data-picture': name,
      });
      yield { path: `${stemFor(name)}.svg`, content: `<svg${head}>\n${paths.join('')}</svg>\n` };
    }
  },
  async *read(source, options = {}) {
    for (const path of withEnding(await source.list(), '.svg')) {
      yield await readSvg(path, await readText(source, path), options);
    }
  },
  recognises: ({ paths }) => withEnding(paths, '.svg').length > 0,
});

function writeAttributes(attributes: Readonly<Record<string, string | number | undefined>>): string {
  const written = Object.entries(attributes).filter(([, value]) => value !== undefined);
  return written.map(([name, value]) => ` ${name}="${toXml(String(value))}"`).join('');
}

function toXml(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: XML forbids them
  const allowed = text.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '');
  return allowed.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}

function fromXml(text: string): string {
  const named: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };
  return text.replace(/&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|(amp|lt|gt|quot|apos));/gi, (whole, decimal, hex, name) => {
    if (name !== undefined) return named[String(name).toLowerCase()];
    const code = decimal === undefined ? Number.parseInt(hex, 16) : Number(decimal);
    return code <= 0x10ffff ? String.fromCodePoint(code) : whole;
  });
}

type Attributes = ReadonlyMap<string, string>;

/** Opening tags in order. Comments and declarations are skipped. */
function* tagsOf(text: string): Generator<{ readonly tag: string; readonly attributes: Attributes }> {
  const plain = text.replace(/<!--[\s\S]*?-->/g, '');
  for (const [, tag, rest] of plain.matchAll(
    /<([a-zA-Z][\w:.-]*)((?:\s+[\w:.-]+\s*=\s*(?:"[^"]*"|'[^']*'))*)\s*\/?>/g,
  )) {
    const pairs = [...rest.matchAll(/([\w:.-]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/g)];
    yield { tag, attributes: new Map(pairs.map(([, name, a, b]) => [name, fromXml(a ?? b)])) };
  }
}

async function readSvg(path: string, text: string, options: DatasetReadOptions): Promise<LabeledPicture> {
  const tags = [...tagsOf(text)];
  const root = tags.find(({ tag }) => tag === 'svg')?.attributes;
  if (root === undefined) throw badFormat(NAME, path, 'an <svg>', 'none');
  const [left, top, boxWidth, boxHeight] = (root.get('viewBox') ?? '')
    .trim()
    .split(/[\s,]+/)
    .map(Number);
  const sideOf = (side: string, box: number) => (Number.isFinite(box) ? box : Number.parseFloat(root.get(side) ?? ''));
  if ((left || 0) !== 0 || (top || 0) !== 0)
    throw badFormat(NAME, 'viewBox', 'one that begins at 0 0', root.get('viewBox'));
  const size = declaredSize(NAME, sideOf('width', boxWidth), sideOf('height', boxHeight), options);
  const name = root.get('data-picture') ?? (await fullName(stemOf(path), options));
  const objects: LabeledObject[] = [];
  for (const { tag, attributes } of tags) {
    const runs = readShape(tag, attributes, size);
    if (runs === null) continue;
    if (attributes.has('transform')) throw badFormat(NAME, `a <${tag}>`, 'no transform', attributes.get('transform'));
    const id = attributes.get('data-object');
    const score = Number(attributes.get('data-score') ?? Number.NaN);
    objects.push({
      runs,
      className: attributes.get('data-class') ?? attributes.get('class') ?? 'object',
      ...(id === undefined ? {} : { id }),
      ...(Number.isFinite(score) ? { score } : {}),
    });
  }
  return { name, ...size, objects };
}

/** Null for elements without an area. */
function readShape(tag: string, attributes: Attributes, size: Size): MaskRuns | null {
  if (tag === 'path') return svgPath.parse(attributes.get('d') ?? '', { size });
  if (tag === 'polygon') {
    const points = (attributes.get('points') ?? '').trim();
    return svgPath.parse(points === '' ? '' : `M${points}Z`, { size });
  }
  if (tag !== 'rect') return null;
  const [x, y, width, height] = ['x', 'y', 'width', 'height'].map((name) => Number(attributes.get(name) ?? 0));
  return svgPath.parse(`M${x} ${y}h${width}v${height}h${-width}Z`, { size });
}
