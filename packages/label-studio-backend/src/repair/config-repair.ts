import { type Control, type LabelingConfig, parseLabelingConfig } from '../labeling-config/index.js';

/** The changes to a labeling config, and to the regions made with it, that make its exports correct. */
export interface ConfigRepair {
  /** The repaired config, or the same text if nothing changes. */
  readonly xml: string;
  /** Names of the click and box tools. Their items are dropped if they stand beside a mask. */
  readonly prompts: ReadonlySet<string>;
  /** Name of the `<Labels>` tag that has the labels afterwards; undefined if the tools keep theirs. */
  readonly labels?: string;
  /** Controls that give their labels to that tag, with the new type of their regions. */
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

const element = (tag: string) =>
  new RegExp(`<${tag}\\b((?:"[^"]*"|'[^']*'|[^>"'])*?)(?:/>|>([\\s\\S]*?)</${tag}\\s*>)`, 'g');

/**
 * Plans the repair of a config whose click tools have their own labels, which break Label Studio's exports. Changes
 * only tools for prompts (`smartOnly`) and rectangles that receive answers. Everything else stays as written.
 */
export function planConfigRepair(xml: string): ConfigRepair {
  const config = parseLabelingConfig(xml);
  const tools = config.controls.filter(isLabelledPrompt);
  const prompts = new Set(config.controls.filter(isPrompt).map(({ name }) => name));
  const indexFlag = indexFlagOf(xml);
  const spelled = tools.length > 0 && /<(?:KeyPoint|Rectangle)Labels\b/.test(xml);
  const outputs = config.controls.filter((one) => one.kind !== 'keypoint' && !isPrompt(one));
  const spoiled = [...new Set(outputs.flatMap(({ kind }) => spoiledExports[kind] ?? []))];
  if (!spelled) {
    // The brush exports ignore the second item that the generated config's tools make.
    const harmless = outputs.every(({ kind }) => kind === 'brush');
    return { xml, prompts: harmless ? new Set() : prompts, bare: new Map(), spoiled, indexFlag };
  }
  const isPolygon = outputs.some(({ kind }) => kind === 'polygon');
  const isRectangle = outputs.some(({ kind }) => kind === 'rectangle');
  // The other exports ignore tags in lower case.
  if (!isPolygon && !isRectangle) {
    return { xml: editPrompts(xml, config, lowerCase), prompts, bare: new Map(), spoiled, indexFlag };
  }
  const isRepeated = indexFlag !== undefined && tools.every(({ name }) => name.includes(indexFlag));
  const labels = freeName(config, isRepeated ? `label_${indexFlag}` : 'label');
  const bare = new Map(tools.map(({ name, kind }) => [name, kind as string]));
  let mended = withLabels(editPrompts(xml, config, withoutLabels), xml, config, labels, isPolygon);
  for (const { name, type } of isPolygon ? [] : outputs.filter((one) => one.type === 'rectanglelabels')) {
    mended = mended.replace(element('RectangleLabels'), (all, attributes: string) =>
      nameIn(attributes) === name ? `<Rectangle${attributes.trimEnd()}/>` : all,
    );
    bare.set(name, type.replace('labels', ''));
  }
  return { xml: mended, prompts, labels, bare, spoiled, indexFlag };
}

function indexFlagOf(xml: string): string | undefined {
  const repeater = /<repeater\b((?:"[^"]*"|'[^']*'|[^>"'])*)>/i.exec(xml);
  return repeater === null ? undefined : (/\bindexFlag\s*=\s*["']([^"']+)["']/i.exec(repeater[1])?.[1] ?? '{{idx}}');
}

const isPrompt = ({ kind, smartOnly }: Control) => smartOnly && (kind === 'keypoint' || kind === 'rectangle');
const isLabelledPrompt = (control: Control) => isPrompt(control) && control.type.endsWith('labels');

const nameIn = (attributes: string) => /\bname\s*=\s*["']([^"']*)["']/i.exec(attributes)?.[1];

function editPrompts(
  xml: string,
  config: LabelingConfig,
  edit: (tag: string, attributes: string, inside: string) => string,
) {
  const names = new Set(config.controls.filter(isLabelledPrompt).map(({ name }) => name));
  return ['KeyPointLabels', 'RectangleLabels'].reduce(
    (text, tag) =>
      text.replace(element(tag), (all, attributes: string, inside = '') =>
        names.has(nameIn(attributes) ?? '') ? edit(tag, attributes, inside) : all,
      ),
    xml,
  );
}

const lowerCase = (tag: string, attributes: string, inside: string) =>
  `<${tag.toLowerCase()}${attributes}>${inside}</${tag.toLowerCase()}>`;

const withoutLabels = (tag: string, attributes: string) =>
  `<${tag.toLowerCase().replace('labels', '')}${attributes.trimEnd()}/>`;

/** Inserts a `<Labels>` tag with the labels of the first click tool before that tool. */
function withLabels(mended: string, xml: string, config: LabelingConfig, name: string, hide: boolean): string {
  const tool = config.controls.find(isLabelledPrompt);
  const tag = tool?.kind === 'keypoint' ? 'KeyPointLabels' : 'RectangleLabels';
  const inside = [...xml.matchAll(element(tag))].find(([, attributes]) => nameIn(attributes) === tool?.name)?.[2] ?? '';
  const row = `<Labels name="${name}" toName="${tool?.toName.join(',') ?? ''}">${inside}</Labels>`;
  const shown = hide ? `<View visibleWhen="no-region-selected">${row}</View>` : row;
  return mended.replace(
    new RegExp(`<${tag.toLowerCase().replace('labels', '')}\\b`),
    (start) => `${shown}\n  ${start}`,
  );
}

function freeName(config: LabelingConfig, wanted: string): string {
  const taken = new Set([...config.controls, ...config.images].map(({ name }) => name));
  for (let i = 1; ; i++) {
    const name = i === 1 ? wanted : `${wanted}${i}`;
    if (!taken.has(name)) return name;
  }
}
