import { ClickmaskError } from '@clickmask/core';
import { unexpected } from '@clickmask/core/errors';
import type { AnnotatorSettings, Tool } from '../annotator/settings.js';
import type { ObjectClass } from '../value/value.js';

/** The attributes of `<clickmask-annotator>`. */
export const observedAttributes = [
  'src',
  'next-src',
  'model',
  'provider',
  'mode',
  'server',
  'assets',
  'classes',
  'class-id',
  'lang',
  'tool',
  'label',
  'brush-radius',
  'no-preview',
  'outline-only',
  'opacity',
  'detail',
  'largest-part',
  'fill-holes',
  'remove-specks',
  'wheel',
  'right-click',
  'controlled',
  'readonly',
] as const;

export type AttributeName = (typeof observedAttributes)[number];

const tools: readonly Tool[] = ['click', 'box', 'brush', 'eraser', 'pan'];

/** What an attribute means for the settings; null where it means nothing for them. */
export function settingOf(name: AttributeName, text: string | null): Partial<AnnotatorSettings> | null {
  const on = text !== null;
  switch (name) {
    case 'tool':
      return { tool: tools.find((tool) => tool === text) ?? 'click' };
    case 'label':
      return { label: text === 'negative' ? 'negative' : 'positive' };
    case 'brush-radius':
      return { brushRadius: number(name, text, 14, 2, 100) };
    case 'no-preview':
      return { preview: !on };
    case 'outline-only':
      return { outlineOnly: on };
    case 'opacity':
      return { opacity: number(name, text, 0.45, 0, 1) };
    case 'detail':
      return { detail: number(name, text, 1, 0, 1) };
    case 'largest-part':
      return { largestPart: on };
    case 'fill-holes':
      return { fillHoles: on };
    case 'remove-specks':
      return { removeSpecks: on };
    default:
      return null;
  }
}

/**
 * Classes from an attribute: JSON (`[{"id":"cat","colour":"#ff8c1a"}]`), or names with commas between them.
 *
 * @throws ClickmaskError `bad-option`
 */
export function parseClasses(text: string | null): readonly ObjectClass[] {
  if (text === null || text.trim() === '') return [];
  if (!text.trim().startsWith('[')) {
    const names = text.split(',').map((name) => name.trim());
    return names.filter((name) => name !== '').map((id) => ({ id }));
  }
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new ClickmaskError('bad-option', 'Expected JSON, or names with commas between them, for classes.', { cause });
  }
  const isText = (value: unknown) => value === undefined || typeof value === 'string';
  const fits = (one: unknown): one is ObjectClass => {
    if (typeof one !== 'object' || one === null) return false;
    const { id, name, colour } = one as Record<string, unknown>;
    return typeof id === 'string' && isText(name) && isText(colour);
  };
  if (!Array.isArray(json) || !json.every(fits)) {
    throw unexpected('bad-option', 'classes', 'a list of { id, name?, colour? }', json);
  }
  return json;
}

function number(name: string, text: string | null, fallback: number, least: number, most: number): number {
  if (text === null || text.trim() === '') return fallback;
  const value = Number(text);
  if (!(value >= least && value <= most)) {
    throw unexpected('bad-option', name, `a number from ${least} to ${most}`, text);
  }
  return value;
}
