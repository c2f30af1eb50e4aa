import type { Size } from '@clickmask/core';
import type { ImagePoint } from '@clickmask/core/masks';

/** Where the image lies on the stage: stage px = image px × `scale` + (`x`, `y`). Stage px are CSS px. */
export interface Viewport {
  readonly scale: number;
  readonly x: number;
  readonly y: number;
}

/** A point on the stage, in CSS px from its top-left corner. */
export interface StagePoint {
  readonly x: number;
  readonly y: number;
}

/** The whole image, centred, with `margin` CSS px around it; never enlarged above `maxScale`. */
export function fitViewport(image: Size, stage: Size, margin = 16, maxScale = 8): Viewport {
  const room = { width: Math.max(1, stage.width - 2 * margin), height: Math.max(1, stage.height - 2 * margin) };
  const scale = Math.min(room.width / image.width, room.height / image.height, maxScale);
  return { scale, x: (stage.width - image.width * scale) / 2, y: (stage.height - image.height * scale) / 2 };
}

/** Zooms by `factor`, keeping what lies under `anchor` in place. */
export function zoomViewport(view: Viewport, factor: number, anchor: StagePoint, image: Size, stage: Size): Viewport {
  const least = Math.min(fitViewport(image, stage).scale, 1) * 0.5;
  const scale = Math.min(64, Math.max(least, view.scale * factor));
  const ratio = scale / view.scale;
  const moved = { scale, x: anchor.x - (anchor.x - view.x) * ratio, y: anchor.y - (anchor.y - view.y) * ratio };
  return keepInSight(moved, image, stage);
}

export function panViewport(view: Viewport, dx: number, dy: number, image: Size, stage: Size): Viewport {
  return keepInSight({ scale: view.scale, x: view.x + dx, y: view.y + dy }, image, stage);
}

/** Keeps a strip of the image visible, so that it cannot get lost. */
export function keepInSight(view: Viewport, image: Size, stage: Size): Viewport {
  const strip = 48;
  const clamp = (offset: number, extent: number, room: number) =>
    Math.min(room - Math.min(strip, room / 2), Math.max(Math.min(strip, room / 2) - extent, offset));
  return {
    scale: view.scale,
    x: clamp(view.x, image.width * view.scale, stage.width),
    y: clamp(view.y, image.height * view.scale, stage.height),
  };
}

/** Moves the image so that `point` (stage px) is at least `margin` CSS px inside the stage. */
export function revealPoint(view: Viewport, point: StagePoint, image: Size, stage: Size, margin = 24): Viewport {
  const shift = (value: number, room: number) =>
    value < margin ? margin - value : value > room - margin ? room - margin - value : 0;
  const dx = shift(point.x, stage.width);
  const dy = shift(point.y, stage.height);
  return dx === 0 && dy === 0 ? view : panViewport(view, dx, dy, image, stage);
}

export function toImage(view: Viewport, point: StagePoint): ImagePoint {
  return { x: (point.x - view.x) / view.scale, y: (point.y - view.y) / view.scale };
}

export function toStage(view: Viewport, point: ImagePoint): StagePoint {
  return { x: point.x * view.scale + view.x, y: point.y * view.scale + view.y };
}
