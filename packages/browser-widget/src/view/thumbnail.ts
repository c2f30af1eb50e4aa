import { bounds, type MaskRuns } from '@clickmask/core';
import { isSet, type Rect } from '@clickmask/core/masks';
import type { Picture } from '../picture/picture.js';
import { parseColour } from './colours.js';

/** The square part of an image that holds all these masks with some margin. */
export function frameOf(masks: readonly MaskRuns[], picture: Picture): Rect {
  const boxes = masks.map(bounds).filter((box) => box !== null);
  const left = Math.min(...boxes.map(({ x }) => x));
  const top = Math.min(...boxes.map(({ y }) => y));
  const right = Math.max(...boxes.map(({ x, width }) => x + width));
  const bottom = Math.max(...boxes.map(({ y, height }) => y + height));
  const side = Math.min(Math.max(right - left, bottom - top) * 1.2, Math.max(picture.width, picture.height));
  return { x: (left + right - side) / 2, y: (top + bottom - side) / 2, width: side, height: side };
}

/** Draws a mask over its part of the image. Pixels outside the mask are dimmed. */
export function drawThumbnail(
  canvas: HTMLCanvasElement,
  picture: Picture,
  runs: MaskRuns,
  frame: Rect,
  colour: string,
): void {
  const context = canvas.getContext('2d');
  if (context === null) return;
  const { width, height } = canvas;
  const level = picture.levels.at(-1);
  const scale = width / frame.width;
  context.clearRect(0, 0, width, height);
  if (level !== undefined) {
    context.drawImage(level, -frame.x * scale, -frame.y * scale, picture.width * scale, picture.height * scale);
  }
  const image = context.getImageData(0, 0, width, height);
  const [red, green, blue] = parseColour(colour);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const isInside = isSet(runs, Math.floor(frame.x + (x + 0.5) / scale), Math.floor(frame.y + (y + 0.5) / scale));
      const at = 4 * (y * width + x);
      const paint = isInside ? [red, green, blue] : [0, 0, 0];
      const share = isInside ? 0.45 : 0.4;
      for (let i = 0; i < 3; i++) image.data[at + i] = image.data[at + i] * (1 - share) + paint[i] * share;
    }
  }
  context.putImageData(image, 0, 0);
}
