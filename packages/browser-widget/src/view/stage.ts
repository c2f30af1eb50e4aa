import type { AnnotatorState, AnnotatorStore } from '../state/state.js';
import { kindOf } from '../tools/kinds/registry.js';
import { paintMarks } from './marks.js';
import { createMaskLayer } from './mask-layer.js';
import { createPictureLayer } from './picture-layer.js';
import type { Scene } from './scene.js';
import { resizeStage } from './show-viewport.js';

/** State that is visible on the stage. A change repaints it. */
const causes: readonly (keyof AnnotatorState)[] = [
  'value',
  'settings',
  'classes',
  'classId',
  'picture',
  'viewport',
  'stageSize',
  'preview',
  'draft',
  'drag',
  'crosshair',
  'selectedClick',
  'spaceHeld',
];

/**
 * Two canvases: the image below, masks and marks above. They are painted in the next frame after a change.
 *
 * @param look - returns what to show; called once a frame
 * @returns a function that stops it and frees the canvases
 */
export function createStage(element: HTMLElement, store: AnnotatorStore, look: () => Scene): () => void {
  const layers = createLayers(element);
  let frame = 0;
  const paint = () => {
    frame = 0;
    const { stageSize } = store.now;
    if (stageSize.width > 0 && stageSize.height > 0) layers.paint(look(), stageSize.width, stageSize.height);
  };
  const invalidate = () => {
    if (frame === 0) frame = requestAnimationFrame(paint);
  };
  const isBrushing = () => kindOf(store.now.settings.tool)?.brush !== undefined;
  const forget = store.subscribe((changed) => {
    if (causes.some((cause) => changed.has(cause)) || (changed.has('pointer') && isBrushing())) invalidate();
  });
  const observer = new ResizeObserver(() => resizeStage(store, element.clientWidth, element.clientHeight));
  observer.observe(element);
  resizeStage(store, element.clientWidth, element.clientHeight);
  const stopWatching = [watchDensity(invalidate), watchContrast(invalidate)];
  invalidate();

  return () => {
    cancelAnimationFrame(frame);
    forget();
    observer.disconnect();
    for (const stop of stopWatching) stop();
    layers.free();
  };
}

function createLayers(element: HTMLElement) {
  const [below, above] = ['picture', 'masks'].map(() => {
    const canvas = document.createElement('canvas');
    canvas.setAttribute('aria-hidden', 'true');
    canvas.width = 0;
    element.append(canvas);
    return canvas;
  });
  const context = above.getContext('2d');
  const picture = createPictureLayer(below);
  const masks = context === null ? null : createMaskLayer(context);
  const contrast = contrastQuery();
  const resize = (width: number, height: number) => {
    if (above.width === width && above.height === height) return;
    for (const canvas of [below, above]) {
      canvas.width = width;
      canvas.height = height;
    }
    picture.invalidate();
    masks?.resize(width, height);
  };
  return {
    paint(scene: Scene, width: number, height: number) {
      const ratio = Math.min(3, globalThis.devicePixelRatio || 1);
      resize(Math.max(1, Math.round(width * ratio)), Math.max(1, Math.round(height * ratio)));
      picture.paint(scene.picture, scene.viewport, ratio);
      if (context === null) return;
      context.clearRect(0, 0, above.width, above.height);
      masks?.paint(scene, ratio, contrast.matches);
      context.save();
      context.scale(ratio, ratio);
      paintMarks(context, scene);
      context.restore();
    },
    free() {
      // A canvas keeps its memory until it is collected. A size of 0 frees it at once.
      for (const canvas of [below, above]) {
        canvas.width = 0;
        canvas.height = 0;
        canvas.remove();
      }
      masks?.free();
    },
  };
}

function contrastQuery(): MediaQueryList {
  return globalThis.matchMedia('(prefers-contrast: more), (forced-colors: active)');
}

function watchContrast(onChange: () => void): () => void {
  const query = contrastQuery();
  query.addEventListener('change', onChange);
  return () => query.removeEventListener('change', onChange);
}

/** A move to another screen, or a page zoom, changes the ratio without a resize event. */
function watchDensity(onChange: () => void): () => void {
  let query: MediaQueryList | null = null;
  const watch = () => {
    query?.removeEventListener('change', changed);
    query = globalThis.matchMedia(`(resolution: ${globalThis.devicePixelRatio}dppx)`);
    query.addEventListener('change', changed);
  };
  const changed = () => {
    watch();
    onChange();
  };
  watch();
  return () => query?.removeEventListener('change', changed);
}
