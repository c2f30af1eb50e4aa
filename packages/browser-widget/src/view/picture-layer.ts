import type { Picture } from '../picture/picture.js';
import type { Viewport } from './viewport.js';

/** The lower canvas: the image. */
export interface PictureLayer {
  /** @param ratio - device px per CSS px */
  paint(picture: Picture | null, viewport: Viewport, ratio: number): void;
  /** The canvas was resized or lost its content. */
  invalidate(): void;
}

export function createPictureLayer(canvas: HTMLCanvasElement): PictureLayer {
  const context = canvas.getContext('2d');
  let drawn: readonly unknown[] = [];
  return {
    paint(picture, viewport, ratio) {
      const wanted = [picture, viewport, ratio];
      if (context === null || wanted.every((one, i) => one === drawn[i])) return;
      drawn = wanted;
      context.clearRect(0, 0, canvas.width, canvas.height);
      if (picture === null) return;
      const scale = viewport.scale * ratio;
      let level = 0;
      while (level + 1 < picture.levels.length && 0.5 ** (level + 1) >= scale) level++;
      // At large scales, show the single pixels: they are what is annotated.
      context.imageSmoothingEnabled = scale < 3;
      context.imageSmoothingQuality = 'medium';
      const { width, height } = picture;
      context.drawImage(picture.levels[level], viewport.x * ratio, viewport.y * ratio, width * scale, height * scale);
    },
    invalidate() {
      drawn = [];
    },
  };
}
