import { Problem } from '../problems/index.js';
import { type ConfigTag, parseXml } from './parse-xml.js';

/** What the regions of a control are. The first four can hold a mask, the next two are prompts. */
export type ControlKind = 'brush' | 'polygon' | 'bitmask' | 'rectangle' | 'keypoint';

export interface ConfigLabel {
  /** What stands in results: the alias where there is one. */
  readonly value: string;
  /** All names that mean this label, lower case: value, alias, predicted values. */
  readonly names: readonly string[];
  /** Marked as negative by `polarity="negative"` or `predicted_values="negative"`. */
  readonly negative: boolean;
}

/** A control tag that makes regions on a picture. */
export interface Control {
  readonly kind: ControlKind;
  /** The `type` of its regions: `brushlabels`, or `brush` for a bare tag. */
  readonly type: string;
  readonly name: string;
  readonly toName: readonly string[];
  /** Its own labels, or those of the `<Labels>` tag of the same picture for a bare control. */
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
  /** `value` or `valueList`, such as `$image`. */
  readonly value: string;
  readonly multiple: boolean;
}

export interface LabelingConfig {
  readonly images: readonly ImageTag[];
  readonly controls: readonly Control[];
}

const maxControls = 1000;
/** Of all controls together, so that no click has to look through more. */
const maxEntries = 20_000;

const kinds: Readonly<Record<string, ControlKind>> = {
  brush: 'brush',
  polygon: 'polygon',
  bitmask: 'bitmask',
  rectangle: 'rectangle',
  keypoint: 'keypoint',
};

/**
 * Reads what the backend needs from a labeling config: pictures, controls, labels.
 *
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
export function parseLabelingConfig(xml: string): LabelingConfig {
  const tags = flatten(parseXml(xml));
  const images: ImageTag[] = [];
  const shared = new Map<string, { name: string; labels: readonly ConfigLabel[] }>();
  const countLabels = counter('labels');
  const countTargets = counter('names in toName');
  const targetsOf = (tag: ConfigTag) => {
    const found = targets(tag);
    countTargets(found.length);
    return found;
  };
  for (const tag of tags) {
    const type = tag.name.toLowerCase();
    const name = tag.attributes.name ?? '';
    if (type === 'image' && name !== '') {
      const list = attribute(tag, 'valuelist');
      images.push({ name, value: list ?? attribute(tag, 'value') ?? '', multiple: list !== undefined });
    } else if (type === 'labels') {
      const common = { name, labels: readLabels(tag) };
      for (const target of targetsOf(tag)) if (!shared.has(target)) shared.set(target, common);
    }
  }
  const controls: Control[] = [];
  for (const tag of tags) {
    const type = tag.name.toLowerCase();
    const kind = kindOf(type);
    const name = tag.attributes.name;
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
  return { images, controls: markNegativeByName(controls) };
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
 * A keypoint tag named `negative`, `kp-neg`, `exclude` and so on gives negative clicks, provided that another keypoint tag
 * of the same picture is there for the positive ones.
 */
function markNegativeByName(controls: readonly Control[]): Control[] {
  const saysNegative = (name: string) =>
    name
      .replace(/([a-z])([A-Z])/g, '$1 $2')
      .toLowerCase()
      .split(/[^a-z]+/)
      .some((word) => ['neg', 'negative', 'minus', 'exclude', 'not'].includes(word));
  const positive = new Set(
    controls.filter(({ kind, name }) => kind === 'keypoint' && !saysNegative(name)).flatMap(({ toName }) => toName),
  );
  return controls.map((control) =>
    control.kind === 'keypoint' && saysNegative(control.name) && control.toName.some((target) => positive.has(target))
      ? { ...control, negative: true }
      : control,
  );
}

/** All tags in document order, without recursion; not those inside of tags that `closed` names. */
function flatten(root: ConfigTag, closed: (tag: ConfigTag) => boolean = () => false): ConfigTag[] {
  const found: ConfigTag[] = [];
  const rest: ConfigTag[] = [root];
  for (let tag = rest.pop(); tag !== undefined; tag = rest.pop()) {
    found.push(tag);
    if (closed(tag)) continue;
    for (let i = tag.children.length - 1; i >= 0; i--) rest.push(tag.children[i]);
  }
  return found;
}

/** Label Studio reads attribute names in any case. */
function attribute(tag: ConfigTag, lowerCaseName: string): string | undefined {
  for (const [name, value] of Object.entries(tag.attributes)) {
    if (name.toLowerCase() === lowerCaseName) return value;
  }
  return undefined;
}

function targets(tag: ConfigTag): string[] {
  return (attribute(tag, 'toname') ?? '')
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
}

/** The labels of a tag; those inside of a tag with labels of its own are that one's, so each is read once. */
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

/** The label of a control that a name means: exact first, then whatever the case; undefined where there is none. */
export function findLabel(control: Control, name: string): ConfigLabel | undefined {
  const wanted = name.trim().toLowerCase();
  return (
    control.labels.find((label) => label.value === name) ?? control.labels.find((label) => label.names.includes(wanted))
  );
}
