import { pictureNameOf, readPoints, readShape } from '../../src/datasets/labelme.js';
import { declaredSize, expectArray, expectText } from '../../src/datasets/reading.js';
import { badFormat, isRecord } from '../../src/formats/codec.js';
import type { Click } from '../../src/node.js';
import { type ObjectPrompt, type PromptCollector, type PromptUse, promptFromObject } from './prompts.js';

const NAME = 'LabelMe';

/**
 * Reads LabelMe's shapes as prompts. Points and lines are clicks, negative if the flag `negative` is set or the
 * description is `negative` or `-`. Rectangles are boxes; other shapes are masks to refine. Shapes with the same
 * `group_id` are one object. A negative point without a group belongs to every object of its label.
 *
 * @throws ClickmaskError `bad-format`
 */
export async function readLabelMePrompts(
  path: string,
  file: Readonly<Record<string, unknown>>,
  use: PromptUse,
  collector: PromptCollector,
): Promise<void> {
  const picture = pictureNameOf(file, path);
  const everywhere: { readonly label: string; readonly clicks: readonly Click[] }[] = [];
  const found: { readonly key: string; readonly prompt: ObjectPrompt }[] = [];
  for (const [i, shape] of expectArray(NAME, 'shapes', file.shapes).entries()) {
    const where = `shapes[${i}]`;
    if (!isRecord(shape)) throw badFormat(NAME, where, 'an object', shape);
    const { label, isNegative } = readShapeLabel(where, shape);
    const group = shape.group_id ?? null;
    const key = group === null ? where : `group ${String(group)}`;
    const clicks = clicksOf(where, shape, isNegative);
    if (clicks !== null && isNegative && group === null) everywhere.push({ label, clicks });
    else if (clicks !== null) found.push({ key, prompt: { className: label, clicks, ...idOf(shape, isNegative) } });
    else
      found.push({
        key,
        prompt: { ...(await areaOf(where, shape, file, use)), className: label, ...idOf(shape, false) },
      });
  }
  for (const { key, prompt } of found) collector.add(picture, key, prompt);
  for (const { label, clicks } of everywhere) {
    const keys = new Set(found.filter(({ prompt }) => prompt.className === label).map(({ key }) => key));
    if (keys.size === 0) keys.add(`label ${label}`);
    for (const key of keys) collector.add(picture, key, { className: label, clicks });
  }
}

function readShapeLabel(where: string, shape: Readonly<Record<string, unknown>>) {
  const label = expectText(NAME, `${where}.label`, shape.label);
  const flags = isRecord(shape.flags) ? shape.flags : {};
  const said = [shape.description, flags.negative === true ? 'negative' : ''].map((text) => String(text ?? '').trim());
  return { label, isNegative: said.some((text) => text === 'negative' || text === '-') };
}

function idOf(shape: Readonly<Record<string, unknown>>, isNegative: boolean): { readonly id?: string } {
  const text = typeof shape.description === 'string' ? shape.description.trim() : '';
  return text === '' || isNegative ? {} : { id: text };
}

/** Null for shapes with an area. */
function clicksOf(where: string, shape: Readonly<Record<string, unknown>>, isNegative: boolean): Click[] | null {
  if (!['point', 'points', 'line', 'linestrip'].includes(String(shape.shape_type))) return null;
  const label = isNegative ? 'negative' : 'positive';
  return readPoints(shape.points, `${where}.points`).map(([x, y]) => ({ x, y, label }));
}

async function areaOf(
  where: string,
  shape: Readonly<Record<string, unknown>>,
  file: Readonly<Record<string, unknown>>,
  use: PromptUse,
): Promise<Omit<ObjectPrompt, 'className'>> {
  if (shape.shape_type === 'rectangle' && use !== 'masks') {
    const points = readPoints(shape.points, `${where}.points`);
    const xs = points.map(([x]) => x);
    const ys = points.map(([, y]) => y);
    return { clicks: [], box: { x1: Math.min(...xs), y1: Math.min(...ys), x2: Math.max(...xs), y2: Math.max(...ys) } };
  }
  const size = declaredSize(NAME, file.imageWidth, file.imageHeight, { maxPixels: 2 ** 31 });
  const runs = await readShape(shape, where, size);
  if (runs === null) throw badFormat(NAME, where, 'points, a box or an area', shape.shape_type);
  return promptFromObject({ runs, className: '' }, use);
}
