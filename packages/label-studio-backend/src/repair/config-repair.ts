import { type Control, parseLabelingConfig } from '../labeling-config/index.js';
import { attribute, flatten, parseXml } from '../labeling-config/parse-xml.js';
import { escapeXml } from '../labeling-config/write-config.js';

/** The changes to a labeling config, and to the regions made with it, that make its exports correct. */
export interface ConfigRepair {
  /** The repaired config, or the same text if nothing changes. */
  readonly xml: string;
  /** Names of the click and box tools. Their items are dropped if they stand beside a mask. */
  readonly prompts: ReadonlySet<string>;
  /** Names of the `<Labels>` tags that have the labels afterwards, by control; empty if the tools keep theirs. */
  readonly labels: ReadonlyMap<string, string>;
  /** Controls that give their labels to such a tag, with the new type of their regions. */
  readonly bare: ReadonlyMap<string, string>;
  /** Exports of the project that are wrong at present. */
  readonly spoiled: readonly string[];
  /** Placeholders for a `<Repeater>`'s index in the config's names, such as `{{idx}}`. */
  readonly indexFlag?: string;
}

/** What comes out wrong, per kind of region, if a region has a second item from a click tool. */
const spoiledExports: Readonly<Record<string, readonly string[]>> = {
  polygon: ['COCO', 'YOLO', 'YOLO_OBB'],
  rectangle: ['COCO', 'YOLO', 'YOLO_OBB', 'VOC'],
  brush: ['COCO', 'YOLO'],
  bitmask: ['COCO', 'YOLO'],
};

/**
 * Plans the repair of a config whose click tools have their own labels, which break Label Studio's exports. Changes
 * only tools for prompts (`smartOnly`) and rectangles that receive answers. Everything else stays as written.
 */
export function planConfigRepair(xml: string): ConfigRepair {
  const config = parseLabelingConfig(xml);
  const prompts = new Set(config.controls.filter(isPrompt).map(({ name }) => name));
  const indexFlag = indexFlagOf(xml);
  const outputs = config.controls.filter((one) => one.kind !== 'keypoint' && !isPrompt(one));
  const spoiled = [...new Set(outputs.flatMap(({ kind }) => spoiledExports[kind] ?? []))];
  const common = { xml, prompts, labels: new Map(), bare: new Map(), spoiled, indexFlag };
  const tools = elementsOf(xml, config.controls.filter(isLabelledPrompt));
  if (tools.length === 0) {
    // The brush exports ignore the second item that the generated config's tools make.
    const harmless = outputs.every(({ kind }) => kind === 'brush');
    return harmless ? { ...common, prompts: new Set() } : common;
  }
  const isPolygon = outputs.some(({ kind }) => kind === 'polygon');
  const isRectangle = outputs.some(({ kind }) => kind === 'rectangle');
  // The other exports ignore tags in lower case.
  if (!isPolygon && !isRectangle) return { ...common, xml: edited(xml, tools.map(inLowerCase)) };
  // Boxes without a click tool on their image keep their labels.
  const isClicked = ({ toName }: Control) => tools.some(({ control }) => targetOf(control) === targetOf({ toName }));
  const boxes = isPolygon
    ? []
    : elementsOf(
        xml,
        outputs.filter((one) => one.type === 'rectanglelabels' && isClicked(one)),
      );
  return { ...common, ...withSharedLabels(xml, tools, boxes, isPolygon, indexFlag) };
}

/** An element of the config, as written. */
interface Written {
  readonly control: Control;
  readonly tag: string;
  readonly start: number;
  readonly end: number;
  readonly attributes: string;
  readonly inside: string;
}

/** A part of the config with its new text. */
interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

const element = (tag: string) =>
  new RegExp(`<${tag}\\b((?:"[^"]*"|'[^']*'|[^>"'])*?)(?:/>|>([\\s\\S]*?)</${tag}\\s*>)`, 'g');

/** Comments become spaces, so all places stay the same. */
const withoutComments = (xml: string) => xml.replace(/<!--[\s\S]*?-->/g, (text) => ' '.repeat(text.length));

/** The elements of these controls that are spelled `<KeyPointLabels>` or `<RectangleLabels>`, as exporters know them, in order. */
function elementsOf(xml: string, controls: readonly Control[]): Written[] {
  const byName = new Map(controls.map((control) => [control.name, control]));
  const text = withoutComments(xml);
  return ['KeyPointLabels', 'RectangleLabels']
    .flatMap((tag) =>
      [...text.matchAll(element(tag))].flatMap(({ 0: all, 1: attributes, 2: inside = '', index: start }) => {
        const control = byName.get(attributeOf(attributes, 'name') ?? '');
        return control === undefined ? [] : [{ control, tag, start, end: start + all.length, attributes, inside }];
      }),
    )
    .sort((a, b) => a.start - b.start);
}

const attributeOf = (attributes: string, name: string) => attribute(parseXml(`<x${attributes}/>`), name);

/** The names of the control's images as one text. */
const targetOf = ({ toName }: Pick<Control, 'toName'>) => toName.join(',');

/** Takes the labels off tools and boxes, and writes one `<Labels>` tag with all of them for each image. */
function withSharedLabels(
  xml: string,
  tools: readonly Written[],
  boxes: readonly Written[],
  hide: boolean,
  indexFlag: string | undefined,
): Pick<ConfigRepair, 'xml' | 'labels' | 'bare'> {
  const taken = new Set(flatten(parseXml(xml)).map((tag) => attribute(tag, 'name')));
  const labels = new Map<string, string>();
  const all = [...tools, ...boxes].sort((a, b) => a.start - b.start);
  const edits = all.map((one) => ({ ...one, text: bare(one) }));
  for (const target of new Set(all.map(({ control }) => targetOf(control)))) {
    const own = all.filter(({ control }) => targetOf(control) === target);
    const name = freeName(
      taken,
      indexFlag !== undefined && target.includes(indexFlag) ? `label_${indexFlag}` : 'label',
    );
    taken.add(name);
    for (const { control } of own) labels.set(control.name, name);
    const value = own.map(({ attributes }) => attributeOf(attributes, 'value')).find((one) => one?.startsWith('$'));
    const dynamic = value === undefined ? '' : ` value="${escapeXml(value)}"`;
    const row = `<Labels name="${escapeXml(name)}" toName="${escapeXml(target)}"${dynamic}>${labelsOf(own)}</Labels>`;
    const first = edits[all.indexOf(own[0])];
    first.text = `${hide ? `<View visibleWhen="no-region-selected">${row}</View>` : row}\n  ${first.text}`;
  }
  const types = all.map(({ control }) => [control.name, control.kind] as const);
  return { xml: edited(xml, edits), labels, bare: new Map(types) };
}

/** The inside of the first element, plus the labels that only the others have. */
function labelsOf([first, ...others]: readonly Written[]): string {
  const valuesOf = (text: string) =>
    [...withoutComments(text).matchAll(element('Label'))].map(({ 0: label, 1: attributes }) => ({
      label,
      value: attributeOf(attributes, 'value'),
    }));
  const known = new Set(valuesOf(first.inside).map(({ value }) => value));
  const more = others
    .flatMap(({ inside }) => valuesOf(inside))
    .filter(({ value }) => !known.has(value) && known.add(value));
  return first.inside + more.map(({ label }) => label).join('');
}

function edited(xml: string, edits: readonly Edit[]): string {
  let [text, last] = ['', 0];
  for (const edit of [...edits].sort((a, b) => a.start - b.start)) {
    text += xml.slice(last, edit.start) + edit.text;
    last = edit.end;
  }
  return text + xml.slice(last);
}

const inLowerCase = ({ tag, attributes, inside, start, end }: Written): Edit => {
  const name = tag.toLowerCase();
  return { start, end, text: `<${name}${attributes}>${inside}</${name}>` };
};

/** An element without labels. Tools for prompts are in lower case, which exporters ignore. */
function bare({ control, tag, attributes }: Written): string {
  const name = tag.replace('Labels', '');
  const rest = attributes.replace(/\svalue\s*=\s*(?:"\$[^"]*"|'\$[^']*')/, '').trimEnd();
  return `<${isPrompt(control) ? name.toLowerCase() : name}${rest}/>`;
}

function indexFlagOf(xml: string): string | undefined {
  const repeater = flatten(parseXml(xml)).find((tag) => tag.name.toLowerCase() === 'repeater');
  return repeater === undefined ? undefined : attribute(repeater, 'indexflag') || '{{idx}}';
}

const isPrompt = ({ kind, smartOnly }: Control) => smartOnly && (kind === 'keypoint' || kind === 'rectangle');
const isLabelledPrompt = (control: Control) => isPrompt(control) && control.type.endsWith('labels');

function freeName(taken: ReadonlySet<string | undefined>, wanted: string): string {
  for (let i = 1; ; i++) {
    const name = i === 1 ? wanted : `${wanted}${i}`;
    if (!taken.has(name)) return name;
  }
}
