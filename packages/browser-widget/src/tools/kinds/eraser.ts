import type { ToolKind } from './tool-kind.js';

/** Removes from the object. */
export const eraser = {
  name: 'eraser',
  key: 'e',
  icon: 'M9 20h11M5 16l8-9 6 5-7 8H8zM9 11.5l6 5',
  titles: { en: 'Eraser', de: 'Radierer', fr: 'Gomme', zh: '橡皮擦', ja: '消しゴム', ar: 'ممحاة' },
  press: 'line',
  brush: 'erase',
  opposite: 'brush',
  edit: ({ points, radius }, make) => make.stroke(points, radius, 'erase'),
} as const satisfies ToolKind;
