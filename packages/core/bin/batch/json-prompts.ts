import { cocoRle } from '../../src/formats/coco-rle.js';
import { badFormat, isRecord } from '../../src/formats/codec.js';
import { readBox, readClick } from './click-fields.js';
import type { ObjectPrompt, PromptCollector } from './prompts.js';

/**
 * Reads one JSON line per image: `{"picture", "objects": [{"clicks", "box", "rle", "object", "class"}]}`. For an image
 * with one object, the object's fields may stand beside `picture`.
 *
 * @throws ClickmaskError `bad-format` that names the line
 */
export function readJsonLines(name: string, text: string, collector: PromptCollector): void {
  for (const [i, line] of text
    .replace(/^\ufeff/, '')
    .split('\n')
    .entries()) {
    if (line.trim() === '') continue;
    const where = `line ${i + 1} of ${name}`;
    let value: unknown;
    try {
      value = JSON.parse(line);
    } catch {
      throw badFormat('prompts', where, 'JSON', line);
    }
    readRecord(where, value, collector);
  }
}

/** Whether a JSON value has the form of a prompt line. */
export function isPromptRecord(value: unknown): boolean {
  if (!isRecord(value) || typeof value.picture !== 'string') return false;
  const said: unknown = Array.isArray(value.objects) ? value.objects[0] : value;
  return isRecord(said) && ['click', 'clicks', 'box', 'rle'].some((name) => name in said);
}

/** @throws ClickmaskError `bad-format` */
export function readRecord(where: string, value: unknown, collector: PromptCollector): void {
  if (!isRecord(value)) throw badFormat('prompts', where, 'an object with an image and clicks', value);
  // Lines that `batch` writes itself: its settings, and images that failed.
  if ('settings' in value || 'files' in value || 'error' in value) return;
  const { picture } = value;
  if (typeof picture !== 'string' || picture === '') throw badFormat('prompts', `image in ${where}`, 'a text', picture);
  const objects = value.objects === undefined ? [value] : value.objects;
  if (!Array.isArray(objects)) throw badFormat('prompts', `objects in ${where}`, 'an array', objects);
  for (const [i, object] of objects.entries()) {
    if (!isRecord(object)) throw badFormat('prompts', `objects[${i}] in ${where}`, 'an object', object);
    const prompt = readObject(where, object);
    const key =
      prompt.id === undefined ? `${objects.length > 1 ? i : ''} class ${prompt.className}` : `object ${prompt.id}`;
    collector.add(picture, key, prompt);
  }
}

function readObject(where: string, object: Readonly<Record<string, unknown>>): ObjectPrompt {
  const { clicks = [], click, box, rle, object: id, class: className = 'object' } = object;
  if (!Array.isArray(clicks)) throw badFormat('prompts', `clicks in ${where}`, 'an array', clicks);
  if (typeof className !== 'string') throw badFormat('prompts', `class in ${where}`, 'a text', className);
  const made = [...(clicks as unknown[]), ...(click === undefined ? [] : [click])];
  const isNothing = made.length === 0 && (box ?? null) === null && (rle ?? null) === null;
  if (isNothing) throw badFormat('prompts', where, 'clicks, a box or an rle', Object.keys(object).join(', '));
  return {
    className: className === '' ? 'object' : className,
    clicks: made.map((entry, i) => readClick(`clicks[${i}] in ${where}`, entry)),
    ...((id ?? '') === '' ? {} : { id: String(id) }),
    ...((box ?? null) === null ? {} : { box: readBox(where, box) }),
    ...((rle ?? null) === null ? {} : { mask: readRle(rle) }),
  };
}

/** Checked; kept in its compact form. */
function readRle(rle: unknown): NonNullable<ObjectPrompt['mask']> {
  const { size, counts } = cocoRle.serialize(cocoRle.parse(rle));
  return { size: [size[0], size[1]], counts };
}
