import type { AnnotatorStore } from '../state/state.js';
import { fitViewport, keepInSight, type Viewport } from './viewport.js';

/** Moves or zooms the image by the user's wish. The image is then no longer fitted to the stage. */
export function showViewport(store: AnnotatorStore, viewport: Viewport): void {
  const { scale, x, y } = store.now.viewport;
  if (viewport.scale === scale && viewport.x === x && viewport.y === y) return;
  store.set({ viewport, fitted: false });
}

/** Shows the whole image. */
export function fitPicture(store: AnnotatorStore): void {
  const { picture, stageSize, viewport } = store.now;
  const isMeasured = picture !== null && stageSize.width > 0;
  store.set({ fitted: true, viewport: isMeasured ? fitViewport(picture, stageSize) : viewport });
}

/** The stage was resized. A fitted image stays fitted; a moved one stays in sight. */
export function resizeStage(store: AnnotatorStore, width: number, height: number): void {
  const { picture, viewport, stageSize, fitted } = store.now;
  if (width === stageSize.width && height === stageSize.height) return;
  const size = { width, height };
  if (picture === null || width === 0) store.set({ stageSize: size });
  else if (fitted || stageSize.width === 0) store.set({ stageSize: size, viewport: fitViewport(picture, size) });
  else store.set({ stageSize: size, viewport: keepInSight(viewport, picture, size) });
}
