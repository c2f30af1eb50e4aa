import type { Picture } from '../picture/picture.js';
import type { Viewport } from './viewport.js';

/** The canvas below: the image. */
export interface PictureLayer {
  /** @param ratio - device px of a CSS px */
  paint(picture: Picture | null, viewport: Viewport, ratio: number): void;
  /** The canvas has another size, or lost what it showed. */
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
      // Large steps show the pixels as they are: that is what is being annotated.
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
