import type { ToolKind } from './tool-kind.js';

/** Moves the image. */
export const pan = {
  name: 'pan',
  key: 'h',
  icon: 'M12 3v18M3 12h18M12 3l-3 3M12 3l3 3M12 21l-3-3M12 21l3-3M3 12l3-3M3 12l3 3M21 12l-3-3M21 12l-3 3',
  titles: {
    en: 'Move the image',
    de: 'Bild verschieben',
    fr: 'Déplacer l’image',
    zh: '移动图片',
    ja: '画像を動かす',
    ar: 'تحريك الصورة',
  },
  press: 'pan',
} as const satisfies ToolKind;
