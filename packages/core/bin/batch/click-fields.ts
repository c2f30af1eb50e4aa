import { badFormat } from '../../src/formats/codec.js';
import type { Box, Click, ClickLabel } from '../../src/node.js';

const labels: Readonly<Record<string, ClickLabel>> = {
  '': 'positive',
  '+': 'positive',
  '1': 'positive',
  positive: 'positive',
  true: 'positive',
  '-': 'negative',
  '0': 'negative',
  '-1': 'negative',
  negative: 'negative',
  false: 'negative',
};

/**
 * Parses a click's label in any usual spelling. A missing label means positive.
 * @throws ClickmaskError `bad-format`
 */
export function readLabel(where: string, value: unknown): ClickLabel {
  const label =
    labels[
      String(value ?? '')
        .trim()
        .toLowerCase()
    ];
  if (label !== undefined) return label;
  throw badFormat('prompts', `the label in ${where}`, 'positive, +, 1, negative, - or 0', value);
}

/**
 * Parses a finite number, or a text of one.
 *
 * @throws ClickmaskError `bad-format`
 */
export function readNumber(where: string, value: unknown): number {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  if (typeof number === 'number' && Number.isFinite(number)) return number;
  throw badFormat('prompts', where, 'a number', value);
}

/**
 * Parses `{ x, y, label }`, `[x, y]` or `[x, y, label]`.
 * @throws ClickmaskError `bad-format`
 */
export function readClick(where: string, value: unknown): Click {
  const [x, y, label] = Array.isArray(value)
    ? (value as unknown[])
    : typeof value === 'object' && value !== null
      ? ['x', 'y', 'label'].map((name) => (value as Record<string, unknown>)[name])
      : [];
  return {
    x: readNumber(`x in ${where}`, x),
    y: readNumber(`y in ${where}`, y),
    label: readLabel(where, label),
  };
}

/**
 * Parses `{ x1, y1, x2, y2 }` or `[x1, y1, x2, y2]`, with the corners in any order.
 * @throws ClickmaskError `bad-format`
 */
export function readBox(where: string, value: unknown): Box {
  const corners = Array.isArray(value)
    ? (value as unknown[])
    : ['x1', 'y1', 'x2', 'y2'].map((name) => (value as Record<string, unknown> | null)?.[name]);
  if (corners.length !== 4) throw badFormat('prompts', `the box in ${where}`, 'x1, y1, x2, y2', value);
  const [x1, y1, x2, y2] = corners.map((corner) => readNumber(`the box in ${where}`, corner));
  return { x1, y1, x2, y2 };
}
