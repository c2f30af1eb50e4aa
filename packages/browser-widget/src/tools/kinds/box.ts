import type { ToolKind } from './tool-kind.js';

/** Draws the box that an object starts from. */
export const box = {
  name: 'box',
  key: 'r',
  icon: 'M4 7V4h3M17 4h3v3M20 17v3h-3M7 20H4v-3M9 4h2M13 4h2M9 20h2M13 20h2M4 9v2M4 13v2M20 9v2M20 13v2',
  titles: {
    en: 'Box around the object',
    de: 'Rahmen um das Objekt',
    fr: 'Cadre autour de l’objet',
    zh: '框选对象',
    ja: '対象を枠で囲む',
    ar: 'إطار حول الكائن',
  },
  press: 'box',
  // After the box, clicks refine the object.
  once: true,
  edit({ start, to }, make) {
    if (start.x === to.x || start.y === to.y) return null;
    return make.box({ x1: start.x, y1: start.y, x2: to.x, y2: to.y });
  },
} as const satisfies ToolKind;
