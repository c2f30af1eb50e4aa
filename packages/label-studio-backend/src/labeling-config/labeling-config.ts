import { Problem } from '../problems/index.js';
import { dependsOnTask, expandTags } from './expand-tags.js';
import { attribute, type ConfigTag, flatten, parseXml } from './parse-xml.js';
import type { TaskData } from './resolve-value.js';

/** The kinds of a control's regions. The first four can hold a mask; the next two are prompts. */
export type ControlKind = 'brush' | 'polygon' | 'bitmask' | 'rectangle' | 'keypoint';

export interface ConfigLabel {
  /** The name in results: the alias, if there is one. */
  readonly value: string;
  /** All names of this label in lower case: value, alias, predicted values. */
  readonly names: readonly string[];
  /** `polarity="negative"` or `predicted_values="negative"`: a negative click and not a class of its own. */
  readonly negative: boolean;
}

/** A control tag that makes regions on an image. */
export interface Control {
  readonly kind: ControlKind;
  /** The `type` of its regions: `brushlabels`, or `brush` for a bare tag. */
  readonly type: string;
  readonly name: string;
  readonly toName: readonly string[];
  /** Its own labels. A bare control uses those of the image's `<Labels>` tag. */
  readonly labels: readonly ConfigLabel[];
  /** The `<Labels>` tag that gives a bare control its labels. */
  readonly labelsFrom?: string;
  readonly smart: boolean;
  readonly smartOnly: boolean;
  /** Whether its keypoints are negative clicks. */
  readonly negative: boolean;
}

/** An `<Image>` tag. */
export interface ImageTag {
  readonly name: string;
  /** `value` or `valueList`, such as `$image` or `$pages[0].url`. */
  readonly value: string;
  /** Whether it shows several images, one at a time. */
  readonly multiple: boolean;
}

export interface LabelingConfig {
  readonly images: readonly ImageTag[];
  readonly controls: readonly Control[];
}

const maxControls = 1000;
/** Limit for all controls together, because every click searches them. */
const maxEntries = 20_000;

const kinds: Readonly<Record<string, ControlKind>> = {
  brush: 'brush',
  polygon: 'polygon',
  bitmask: 'bitmask',
  rectangle: 'rectangle',
  keypoint: 'keypoint',
};

/**
 * Reads from a labeling config what the backend needs: images, controls, labels.
 *
 * @param data - the task's data, on which `<Repeater>` and labels such as `value="$labels"` depend. Without it, a
 * repeated part appears once and unexpanded, and such labels are unknown
 * @throws Problem `bad-labeling-config`
 *
 * @example
 * ```ts
 * import { parseLabelingConfig } from '@clickmask/label-studio-backend';
 *
 * const config = parseLabelingConfig(`<View>
 *   <Image name="image" value="$image"/>
 *   <BrushLabels name="mask" toName="image"><Label value="Cat"/></BrushLabels>
 * </View>`);
 * console.log(config.controls[0].kind, config.controls[0].labels[0].value); // brush Cat
 * ```
 */
export function parseLabelingConfig(xml: string, data?: TaskData): LabelingConfig {
  return readTags(parseXml(xml), data);
}

/** A labeling config that is parsed once and read for many tasks. */
export type LabelingConfigSource = (data?: TaskData) => LabelingConfig;

/** @throws Problem `bad-labeling-config`, also for a task whose data expands it too far */
export function compileLabelingConfig(xml: string): LabelingConfigSource {
  const root = parseXml(xml);
  if (dependsOnTask(root)) return (data) => readTags(root, data);
  const config = readTags(root, undefined);
  return () => config;
}

function readTags(root: ConfigTag, data: TaskData | undefined): LabelingConfig {
  const tags = expandTags(root, data);
  const images = readImages(tags);
  const targetsOf = targetReader(tags);
  const shared = readSharedLabels(tags, targetsOf);
  return { images, controls: markNegativeByName(readControls(tags, targetsOf, shared)) };
}

function readImages(tags: readonly ConfigTag[]): ImageTag[] {
  return tags.flatMap((tag) => {
    const name = attribute(tag, 'name') ?? '';
    if (tag.name.toLowerCase() !== 'image' || name === '') return [];
    const list = attribute(tag, 'valuelist');
    return [{ name, value: list ?? attribute(tag, 'value') ?? '', multiple: list !== undefined }];
  });
}

interface SharedLabels {
  readonly name: string;
  readonly labels: readonly ConfigLabel[];
}

/** The `<Labels>` tags by their image. If there are several, the first counts. */
function readSharedLabels(tags: readonly ConfigTag[], targetsOf: TargetReader): ReadonlyMap<string, SharedLabels> {
  const shared = new Map<string, SharedLabels>();
  for (const tag of tags) {
    if (tag.name.toLowerCase() !== 'labels') continue;
    const common = { name: attribute(tag, 'name') ?? '', labels: readLabels(tag) };
    for (const target of targetsOf(tag)) if (!shared.has(target)) shared.set(target, common);
  }
  return shared;
}

function readControls(
  tags: readonly ConfigTag[],
  targetsOf: TargetReader,
  shared: ReadonlyMap<string, SharedLabels>,
): Control[] {
  const controls: Control[] = [];
  const countLabels = counter('labels');
  for (const tag of tags) {
    const type = tag.name.toLowerCase();
    const kind = kindOf(type);
    const name = attribute(tag, 'name');
    if (kind === undefined || name === undefined || name === '') continue;
    if (controls.length === maxControls) {
      throw new Problem('bad-labeling-config', `Expected at most ${maxControls} controls in the labeling config.`);
    }
    const toName = targetsOf(tag);
    const labelled = hasLabels(type);
    const common = labelled ? undefined : toName.map((target) => shared.get(target)).find((found) => found);
    const labels = labelled ? readLabels(tag) : (common?.labels ?? []);
    countLabels(labels.length);
    controls.push({
      kind,
      type,
      name,
      toName,
      labels,
      labelsFrom: common?.name,
      smart: attribute(tag, 'smart') !== 'false',
      smartOnly: attribute(tag, 'smartonly') === 'true',
      negative: attribute(tag, 'polarity')?.toLowerCase() === 'negative',
    });
  }
  return controls;
}

const hasLabels = (type: string) => type.endsWith('labels');

function kindOf(type: string): ControlKind | undefined {
  const base = hasLabels(type) ? type.slice(0, -'labels'.length) : type;
  return Object.hasOwn(kinds, base) ? kinds[base] : undefined;
}

function counter(what: string): (more: number) => void {
  let total = 0;
  return (more) => {
    total += more;
    if (total <= maxEntries) return;
    throw new Problem(
      'bad-labeling-config',
      `Expected at most ${maxEntries} ${what} in the labeling config, all controls together.`,
    );
  };
}

/**
 * A keypoint tag named `click-negative`, `kp_neg`, `exclude` and so on is a tool for negative clicks if the same image
 * has another keypoint tag with the same labels for positive clicks. With other labels, it is a class.
 */
function markNegativeByName(controls: readonly Control[]): Control[] {
  const saysNegative = (name: string) =>
    name
      .replace(/([a-z])([A-Z])/g, '$1 $2')
      .toLowerCase()
      .split(/[^a-z]+/)
      .some((word) => ['neg', 'negative', 'minus', 'exclude'].includes(word));
  const tool = ({ toName, labels }: Control) => JSON.stringify([toName, labels.map(({ value }) => value).sort()]);
  const positive = new Set(controls.filter(({ kind, name }) => kind === 'keypoint' && !saysNegative(name)).map(tool));
  return controls.map((control) =>
    control.kind === 'keypoint' && saysNegative(control.name) && positive.has(tool(control))
      ? { ...control, negative: true }
      : control,
  );
}

/** The names of the objects that a control belongs to. */
type TargetReader = (tag: ConfigTag) => string[];

const objectTags = new Set(
  'image text hypertext audio audioplus video paragraphs timeseries table list pdf chat repeater'.split(' '),
);

/** As in the editor, a control without `toName` belongs to the only object. */
function targetReader(tags: readonly ConfigTag[]): TargetReader {
  const count = counter('names in toName');
  const objects = tags
    .filter((tag) => objectTags.has(tag.name.toLowerCase()))
    .map((tag) => attribute(tag, 'name') ?? '');
  const only = objects.length === 1 && objects[0] !== '' ? objects[0] : '';
  return (tag) => {
    const names = (attribute(tag, 'toname') ?? only)
      .split(',')
      .map((name) => name.trim())
      .filter((name) => name !== '');
    count(names.length);
    return names;
  };
}

/** The labels of a tag. Labels inside a nested tag with labels belong to that tag, so each is read once. */
function readLabels(tag: ConfigTag): readonly ConfigLabel[] {
  return flatten(tag, (one) => one !== tag && hasLabels(one.name.toLowerCase()))
    .filter((one) => one.name.toLowerCase() === 'label')
    .flatMap((one) => {
      const value = attribute(one, 'value');
      const alias = attribute(one, 'alias');
      const shown = alias || value;
      if (shown === undefined || shown === '') return [];
      const predicted = (attribute(one, 'predicted_values') ?? '').split(',').map((name) => name.trim());
      const names = [value ?? '', alias ?? '', ...predicted]
        .map((name) => name.toLowerCase())
        .filter((name) => name !== '');
      const negative = attribute(one, 'polarity')?.toLowerCase() === 'negative' || predicted.includes('negative');
      return [{ value: shown, names: [...new Set(names)], negative }];
    });
}

/** The label of a control with this name: exact match first, then ignoring case; undefined if there is none. */
export function findLabel(control: Control, name: string): ConfigLabel | undefined {
  const wanted = name.trim().toLowerCase();
  return (
    control.labels.find((label) => label.value === name) ?? control.labels.find((label) => label.names.includes(wanted))
  );
}
