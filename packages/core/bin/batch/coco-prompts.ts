import { readCategories, readImages, readSegmentation } from '../../src/datasets/coco.js';
import { expectArray } from '../../src/datasets/reading.js';
import { cocoRle } from '../../src/formats/coco-rle.js';
import { badFormat, isRecord } from '../../src/formats/codec.js';
import type { Click } from '../../src/node.js';
import { readClick, readNumber } from './click-fields.js';
import type { ObjectPrompt, PromptCollector, PromptUse } from './prompts.js';

const NAME = 'COCO';

/**
 * Reads the annotations of a COCO file as prompts. `points` (lists of `[x, y]` or `[x, y, label]`) and visible
 * `keypoints` are clicks; otherwise `bbox` is a box; otherwise the segmentation is a mask to refine.
 *
 * @throws ClickmaskError `bad-format`
 */
export function readCocoPrompts(
  file: Readonly<Record<string, unknown>>,
  use: PromptUse,
  collector: PromptCollector,
): void {
  const categories = readCategories(NAME, file.categories);
  const images = new Map(readImages(NAME, file.images, { maxPixels: 2 ** 31 }).map((image) => [image.id, image]));
  for (const [i, annotation] of expectArray(NAME, 'annotations', file.annotations).entries()) {
    const where = `annotations[${i}]`;
    if (!isRecord(annotation)) throw badFormat(NAME, where, 'an object', annotation);
    const image = images.get(annotation.image_id);
    if (image === undefined) throw badFormat(NAME, `${where}.image_id`, 'the id of an image', annotation.image_id);
    const clicks = use === 'auto' ? clicksOf(where, annotation) : [];
    const box = use === 'masks' || clicks.length > 0 ? undefined : boxOf(where, annotation.bbox);
    const runs = clicks.length > 0 || box !== undefined ? null : readSegmentation(annotation.segmentation, image.size);
    if (clicks.length === 0 && box === undefined && runs === null) {
      throw badFormat(NAME, where, 'points, a bbox or a segmentation', Object.keys(annotation).join(', '));
    }
    const prompt: ObjectPrompt = {
      className: categories.get(annotation.category_id) ?? String(annotation.category_id ?? 'object'),
      clicks,
      ...(box === undefined ? {} : { box }),
      ...(runs === null ? {} : { mask: cocoRle.serialize(runs) as NonNullable<ObjectPrompt['mask']> }),
      ...(annotation.iscrowd === 1 ? { isCrowd: true } : {}),
    };
    collector.add(image.name, where, prompt);
  }
}

function clicksOf(where: string, { points, keypoints }: Readonly<Record<string, unknown>>): Click[] {
  if (points !== undefined) {
    const list = expectArray(NAME, `${where}.points`, points);
    const flat = typeof list[0] === 'number' ? [list] : list;
    return flat.map((point, i) => readClick(`${where}.points[${i}]`, point));
  }
  const values = keypoints === undefined ? [] : expectArray(NAME, `${where}.keypoints`, keypoints);
  const clicks: Click[] = [];
  for (let i = 0; i + 2 < values.length; i += 3) {
    // 0: not labeled, 1: hidden, 2: visible.
    if (values[i + 2] === 2) clicks.push(readClick(`${where}.keypoints`, [values[i], values[i + 1]]));
  }
  return clicks;
}

function boxOf(where: string, bbox: unknown): ObjectPrompt['box'] {
  if (bbox === undefined || bbox === null) return undefined;
  const values = expectArray(NAME, `${where}.bbox`, bbox);
  if (values.length !== 4) throw badFormat(NAME, `${where}.bbox`, 'x, y, width, height', bbox);
  const [x, y, width, height] = values.map((value) => readNumber(`${where}.bbox`, value));
  return { x1: x, y1: y, x2: x + width, y2: y + height };
}
