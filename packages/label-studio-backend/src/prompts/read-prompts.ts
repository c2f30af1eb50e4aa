import type { Size } from '@clickmask/core';
import { findLabel, type LabelingConfig } from '../labeling-config/index.js';

/** Fields that clicks and boxes share. */
interface PromptItem {
  /** The region id from the editor. */
  readonly id: string;
  /** The object's label; undefined for a click without a label. */
  readonly label?: string;
  /** The label as received. It may be a negative one, such as `Cat (not)`. */
  readonly rawLabel?: string;
  readonly toName: string;
  /** Index of the image in a task with several. */
  readonly itemIndex?: number;
  /** The image's size as the editor sees it, if given. */
  readonly imageSize?: Size;
  /** Rotation of the view by the user, in degrees. Coordinates are those of the unrotated image. */
  readonly imageRotation: number;
}

/** A click, in percent of the image's width and height. */
export interface PointItem extends PromptItem {
  readonly kind: 'point';
  readonly x: number;
  readonly y: number;
  readonly positive: boolean;
}

/** A box, in percent of the image's width and height. For a rotated rectangle, the box around it. */
export interface BoxItem extends PromptItem {
  readonly kind: 'box';
  readonly x1: number;
  readonly y1: number;
  readonly x2: number;
  readonly y2: number;
}

export type Item = PointItem | BoxItem;

/** The prompts among a request's regions. */
export interface PromptReading {
  readonly items: readonly Item[];
  /** Why regions were left out, as text; at most ten. */
  readonly remarks: readonly string[];
}

const maxItems = 2000;

/**
 * Finds clicks and boxes among regions in Label Studio's form. Skips regions of other types. A click or box that cannot
 * be read is left out with a note.
 *
 * @param regions - any value: `params.context.result`, or the result of an annotation
 * @param negativeForms - patterns of labels that mean a negative click, such as `not *`
 */
export function readPrompts(
  regions: readonly unknown[],
  config: LabelingConfig,
  negativeForms: readonly string[] = [],
): PromptReading {
  const items: Item[] = [];
  const remarks: string[] = [];
  const remark = (text: string) => {
    if (remarks.length < 10) remarks.push(text);
  };
  const sharedLabels = labelsById(regions);
  regions.slice(0, maxItems).forEach((region, index) => {
    if (!isRecord(region) || !isRecord(region.value)) return;
    const kind = kindOf(region);
    if (kind === undefined) return;
    const reading = readItem(kind, region, region.value, { config, negativeForms, sharedLabels });
    if (typeof reading === 'string') remark(`region ${index} is left out: ${reading}`);
    else items.push(reading);
  });
  if (regions.length > maxItems) remark(`only the first ${maxItems} of ${regions.length} regions are read`);
  return { items, remarks };
}

/** By `type` if it is there, otherwise by the keys of `value`, as the editor does. */
function kindOf(region: Readonly<Record<string, unknown>>): Item['kind'] | undefined {
  switch (region.type) {
    case 'keypointlabels':
    case 'keypoint':
      return 'point';
    case 'rectanglelabels':
    case 'rectangle':
      return 'box';
    default:
      return undefined;
  }
}

interface ReadingContext {
  readonly config: LabelingConfig;
  readonly negativeForms: readonly string[];
  readonly sharedLabels: ReadonlyMap<string, string>;
}

function readItem(
  kind: Item['kind'],
  region: Readonly<Record<string, unknown>>,
  value: Readonly<Record<string, unknown>>,
  { config, negativeForms, sharedLabels }: ReadingContext,
): Item | string {
  const id = typeof region.id === 'string' && region.id !== '' ? region.id.slice(0, 100) : placeId(value);
  const fromName = typeof region.from_name === 'string' ? region.from_name : '';
  const control = config.controls.find((one) => one.name === fromName);
  const rawLabel = ownLabel(region, value) ?? sharedLabels.get(id);
  const polarity = readLabel(rawLabel, fromName, config, negativeForms);
  const common = {
    id,
    label: polarity.label,
    rawLabel,
    toName:
      typeof region.to_name === 'string' && region.to_name !== ''
        ? region.to_name.slice(0, 200)
        : (control?.toName[0] ?? ''),
    itemIndex: isIndex(region.item_index) ? region.item_index : undefined,
    imageSize: readSize(region),
    imageRotation: isFiniteNumber(region.image_rotation) ? region.image_rotation : 0,
  };
  if (kind === 'point') {
    const x = percent(value.x);
    const y = percent(value.y);
    if (x === undefined || y === undefined) return 'x and y of a click must be numbers from 0 to 100';
    const said = [region.is_positive, value.is_positive, value.positive].find(
      (one) => one !== undefined && one !== null,
    );
    const negative =
      said === false || said === 0 || said === 'false' || polarity.negative || control?.negative === true;
    return { ...common, kind, x, y, positive: !negative };
  }
  const box = readBox(value, common.imageSize);
  return typeof box === 'string' ? box : { ...common, kind, ...box };
}

/**
 * An id for a click or box without one. It is equal only at the same place, because ids show what two requests share.
 */
function placeId({ x, y, width, height }: Readonly<Record<string, unknown>>): string {
  return `#${[x, y, width, height].filter(isFiniteNumber).join(' ')}`;
}

/** The first label under the region's own key. The editor repeats it under `labels` for smart clicks. */
function ownLabel(
  region: Readonly<Record<string, unknown>>,
  value: Readonly<Record<string, unknown>>,
): string | undefined {
  for (const key of [region.type, 'labels']) {
    if (typeof key !== 'string' || !Object.hasOwn(value, key)) continue;
    const list = value[key];
    if (Array.isArray(list) && typeof list[0] === 'string' && list[0] !== '') return list[0].slice(0, 500);
  }
  return undefined;
}

/** For bare tags, the label is in a twin region of type `labels` with the same id. */
function labelsById(regions: readonly unknown[]): Map<string, string> {
  const found = new Map<string, string>();
  for (const region of regions.slice(0, maxItems)) {
    if (!isRecord(region) || region.type !== 'labels' || typeof region.id !== 'string' || !isRecord(region.value))
      continue;
    const label = ownLabel(region, region.value);
    if (label !== undefined) found.set(region.id, label);
  }
  return found;
}

/**
 * The object's label, and whether the label is negative: the config marks it with `polarity` or `predicted_values` as
 * `negative`, or it matches a form from the options. Any other label is a class, whatever its name.
 */
function readLabel(
  raw: string | undefined,
  fromName: string,
  config: LabelingConfig,
  forms: readonly string[],
): { readonly label?: string; readonly negative: boolean } {
  if (raw === undefined) return { negative: false };
  const known = (name: string) => config.controls.some((one) => findLabel(one, name) !== undefined);
  const bare = forms.map((form) => negatedLabel(raw, form)).find((name) => name !== undefined && known(name));
  if (bare !== undefined) return { label: bare, negative: true };
  const control = config.controls.find((one) => one.name === fromName);
  if (control === undefined || findLabel(control, raw)?.negative !== true) return { label: raw, negative: false };
  // A negative label `Cat (not)` means the object "Cat". Any other name means the current object.
  return {
    label: usualForms.map((form) => negatedLabel(raw, form)).find((name) => name && known(name)),
    negative: true,
  };
}

/** Common spellings of "not this" in labels. They count only if the config or an option says so. */
export const usualForms: readonly string[] = [
  ...['not', 'neg', 'negative', 'exclude', '-'].flatMap((word) => [`* (${word})`, `*(${word})`, `* [${word}]`]),
  ...['not', 'exclude'].flatMap((word) => [`${word} *`, `${word}-*`, `${word}_*`, `${word}: *`, `${word}:*`]),
];

/**
 * The label that a negative label negates.
 *
 * @param form - its pattern, with `*` for the label: `not *`, `* (not)`
 */
export function negatedLabel(raw: string, form: string): string | undefined {
  const [before, after] = form.toLowerCase().split('*');
  if (after === undefined || before + after === '') return undefined;
  const text = raw.toLowerCase();
  if (text.length <= before.length + after.length || !text.startsWith(before) || !text.endsWith(after))
    return undefined;
  return raw.slice(before.length, raw.length - after.length).trim() || undefined;
}

function readBox(
  value: Readonly<Record<string, unknown>>,
  size: Size | undefined,
): Pick<BoxItem, 'x1' | 'y1' | 'x2' | 'y2'> | string {
  const { x, y, width, height } = value;
  if (![x, y, width, height].every(isFiniteNumber)) return 'x, y, width and height of a box must be numbers';
  const rotation = isFiniteNumber(value.rotation) ? value.rotation : 0;
  // A percent of the width and of the height are different lengths, so the rotation is computed in px.
  const w = size?.width ?? 100;
  const h = size?.height ?? 100;
  const cos = Math.cos((rotation * Math.PI) / 180);
  const sin = Math.sin((rotation * Math.PI) / 180);
  const corners = [
    [0, 0],
    [width as number, 0],
    [0, height as number],
    [width as number, height as number],
  ].map(([dx, dy]) => {
    const px = (dx / 100) * w;
    const py = (dy / 100) * h;
    return [(x as number) + ((px * cos - py * sin) / w) * 100, (y as number) + ((px * sin + py * cos) / h) * 100];
  });
  const clamp = (v: number) => Math.min(100, Math.max(0, v));
  const xs = corners.map((corner) => clamp(corner[0]));
  const ys = corners.map((corner) => clamp(corner[1]));
  const box = { x1: Math.min(...xs), y1: Math.min(...ys), x2: Math.max(...xs), y2: Math.max(...ys) };
  if (!(box.x2 - box.x1 > 1e-6 && box.y2 - box.y1 > 1e-6)) return 'the box has no area inside the image';
  return box;
}

/** A percent value. Values up to half a percent outside, from rounding at the edge, are clamped. */
function percent(value: unknown): number | undefined {
  if (!isFiniteNumber(value) || value < -0.5 || value > 100.5) return undefined;
  return Math.min(100, Math.max(0, value));
}

function readSize(region: Readonly<Record<string, unknown>>): Size | undefined {
  const { original_width: width, original_height: height } = region;
  return isSide(width) && isSide(height) ? { width, height } : undefined;
}

const isSide = (value: unknown): value is number =>
  Number.isInteger(value) && (value as number) > 0 && (value as number) <= 2 ** 20;

const isIndex = (value: unknown): value is number => Number.isInteger(value) && (value as number) >= 0;

const isFiniteNumber = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value);

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
