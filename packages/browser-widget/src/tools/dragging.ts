import type { ImagePoint } from '@clickmask/core/masks';
import { addStroke, drawBox, maskOfObject, moveClick } from '@clickmask/core/session';
import type { Annotation } from '../annotation/annotation.js';
import { say } from '../state/say.js';
import { changedSettings } from '../state/settings.js';
import { type AnnotatorStore, activeOf, type Drag } from '../state/state.js';
import { describeStroke } from '../state/status-line.js';
import { textsOf } from '../state/words.js';
import { strokeRuns } from './brush-stroke.js';

/** What is drawn between press and release, or between the first Enter and the second. */
export interface Dragging {
  begin(kind: Drag['kind'], start: ImagePoint, options?: { readonly click?: number; readonly erases?: boolean }): void;
  /** It goes on over these points; a box and a click only know the last. */
  to(...points: readonly ImagePoint[]): void;
  /** Makes it a step of the history. */
  drop(): void;
  cancel(): void;
  /** Paints or erases along a line, in image px. */
  stroke(points: readonly ImagePoint[], radius: number, mode: 'paint' | 'erase'): void;
}

export function createDragging(store: AnnotatorStore, annotation: Pick<Annotation, 'make' | 'fresh'>): Dragging {
  const stroke: Dragging['stroke'] = (points, radius, mode) => {
    const { picture } = store.now;
    if (picture === null || points.length === 0) return;
    const edit = addStroke(strokeRuns(points, radius, picture), mode, annotation.fresh());
    const active = activeOf(store.now);
    if (
      mode === 'erase' &&
      active !== null &&
      maskOfObject(active) !== null &&
      edit(store.now.value) === store.now.value
    ) {
      return say(store, textsOf(store.now).eraserEmpty);
    }
    annotation.make(edit, { done: () => say(store, describeStroke(store.now, activeOf(store.now))) });
  };
  const box = ({ start, to }: Drag) => {
    if (to === null || start.x === to.x || start.y === to.y) return;
    // What a box left out is what clicks are for.
    store.set({ settings: changedSettings(store.now.settings, { tool: 'click' }) });
    annotation.make(drawBox({ x1: start.x, y1: start.y, x2: to.x, y2: to.y }, annotation.fresh()));
  };
  return {
    begin(kind, start, { click = -1, erases = false } = {}) {
      store.set({ drag: { kind, start, to: null, points: kind === 'stroke' ? [start] : [], erases, click } });
    },
    to(...points) {
      const { drag } = store.now;
      const to = points.at(-1);
      if (drag === null || to === undefined) return;
      store.set({ drag: { ...drag, to, points: drag.kind === 'stroke' ? [...drag.points, ...points] : [] } });
    },
    drop() {
      const { drag, picture, settings, viewport } = store.now;
      store.set({ drag: null });
      if (drag === null || picture === null) return;
      if (drag.kind === 'box') box(drag);
      else if (drag.kind === 'stroke') {
        stroke(drag.points, settings.brushRadius / viewport.scale, drag.erases ? 'erase' : 'paint');
      } else if (drag.to !== null) annotation.make(moveClick(drag.click, drag.to));
    },
    cancel: () => store.set({ drag: null }),
    stroke,
  };
}
