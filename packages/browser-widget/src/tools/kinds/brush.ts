import type { ToolKind } from './tool-kind.js';

/** Adds to the object. */
export const brush = {
  name: 'brush',
  key: 'b',
  icon: 'M20 4c-5 2-9 6-11 10l2 2c4-2 8-6 9-12zM8 15c-3 0-3 3-5 4 2 2 7 1 7-2z',
  titles: { en: 'Brush', de: 'Pinsel', fr: 'Pinceau', zh: '画笔', ja: 'ブラシ', ar: 'فرشاة' },
  press: 'line',
  brush: 'paint',
  opposite: 'eraser',
  edit: ({ points, radius }, make) => make.stroke(points, radius, 'paint'),
} as const satisfies ToolKind;
