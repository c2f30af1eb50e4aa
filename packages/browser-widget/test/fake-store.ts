import { createAnnotation } from '../src/annotation/annotation.js';
import { createShelf } from '../src/annotation/shelf.js';
import type { AnnotatorEvents } from '../src/annotator/api.js';
import { createEmitter } from '../src/annotator/emitter.js';
import type { Picture } from '../src/picture/picture.js';
import { type AnnotatorState, createState } from '../src/state/state.js';

/** An image of a size, without pixels. */
export function pictureOf(width: number, height: number): Picture {
  return { width, height, levels: [], source: new Uint8Array(0), key: null, dispose() {} };
}

/** The state of an annotator that shows an image, and what changes its value. */
export function setUpAnnotation(change: Partial<AnnotatorState> = {}) {
  const store = createState({ locale: 'en' });
  store.set({
    picture: pictureOf(100, 50),
    ready: true,
    stageSize: { width: 150, height: 100 },
    viewport: { scale: 2, x: 0, y: 0 },
    ...change,
  });
  const events = createEmitter<AnnotatorEvents>();
  const annotation = createAnnotation(store, events, createShelf());
  const changes: AnnotatorEvents['change'][] = [];
  events.on('change', (event) => changes.push(event));
  /** What was said since it was last asked. */
  const told: string[] = [];
  store.subscribe((changed) => changed.has('spoken') && told.push(store.now.spoken.text));
  return { store, events, annotation, changes, said: () => told.splice(0) };
}
