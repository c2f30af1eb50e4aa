import type { AnnotatorStore } from '../state/state.js';
import { fitViewport, keepInSight, type Viewport } from './viewport.js';

/** Moves or zooms the image, as the user wants it: it is not fitted to the stage any more. */
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

/** The stage has another size: what was fitted stays so, and what was moved stays in sight. */
export function resizeStage(store: AnnotatorStore, width: number, height: number): void {
  const { picture, viewport, stageSize, fitted } = store.now;
  if (width === stageSize.width && height === stageSize.height) return;
  const size = { width, height };
  if (picture === null || width === 0) store.set({ stageSize: size });
  else if (fitted || stageSize.width === 0) store.set({ stageSize: size, viewport: fitViewport(picture, size) });
  else store.set({ stageSize: size, viewport: keepInSight(viewport, picture, size) });
}
