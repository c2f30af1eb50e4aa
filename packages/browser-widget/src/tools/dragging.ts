import type { Size } from '@clickmask/core';
import type { ImagePoint } from '@clickmask/core/masks';
import { addStroke, drawBox, maskOfObject, moveClick, type NewObject } from '@clickmask/core/session';
import type { Annotation } from '../annotation/annotation.js';
import { say } from '../state/say.js';
import { changedSettings } from '../state/settings.js';
import { type AnnotatorStore, activeOf, type Drag } from '../state/state.js';
import { describeStroke } from '../state/status-line.js';
import { textsOf } from '../state/words.js';
import { strokeRuns } from './brush-stroke.js';
import { kindOf, type Tool } from './kinds/registry.js';
import type { Drawn, Makers } from './kinds/tool-kind.js';

/** A drawing between press and release, or between the first and the second Enter. */
export interface Dragging {
  /** @param click - index of the click that is being moved */
  begin(kind: Drag['kind'], start: ImagePoint, options?: { readonly tool?: Tool; readonly click?: number }): void;
  /** Continues over these points. A box and a click use only the last one. */
  to(...points: readonly ImagePoint[]): void;
  /** Finishes it as a step of the history. */
  drop(): void;
  cancel(): void;
  /** Paints or erases along a line, in image px. */
  stroke(points: readonly ImagePoint[], radius: number, mode: 'paint' | 'erase'): void;
}

export function createDragging(store: AnnotatorStore, annotation: Pick<Annotation, 'make' | 'fresh'>): Dragging {
  const draw = (tool: Tool, drawn: Drawn) => {
    const { picture, settings } = store.now;
    const kind = kindOf(tool);
    if (picture === null || kind === null) return;
    const edit = kind.edit?.(drawn, makersFor(picture, annotation.fresh())) ?? null;
    if (edit === null) return;
    if (kind.once === true) store.set({ settings: changedSettings(settings, { tool: 'click' }) });
    if (kind.press !== 'line') return annotation.make(edit);
    const active = activeOf(store.now);
    const isMasked = active !== null && maskOfObject(active) !== null;
    if (isMasked && edit(store.now.value) === store.now.value) {
      return say(store, textsOf(store.now).eraserEmpty);
    }
    annotation.make(edit, { done: () => say(store, describeStroke(store.now, activeOf(store.now))) });
  };
  return {
    begin(kind, start, { tool = store.now.settings.tool, click = -1 } = {}) {
      store.set({ drag: { kind, tool, start, to: null, points: kind === 'line' ? [start] : [], click } });
    },
    to(...points) {
      const { drag } = store.now;
      const to = points.at(-1);
      if (drag === null || to === undefined) return;
      store.set({ drag: { ...drag, to, points: drag.kind === 'line' ? [...drag.points, ...points] : [] } });
    },
    drop() {
      const { drag, settings, viewport } = store.now;
      store.set({ drag: null });
      if (drag === null) return;
      const { kind, tool, start, to, points, click } = drag;
      if (kind !== 'move-click') {
        draw(tool, { start, to: to ?? start, points, radius: settings.brushRadius / viewport.scale });
      } else if (to !== null) annotation.make(moveClick(click, to));
    },
    cancel: () => store.set({ drag: null }),
    stroke(points, radius, mode) {
      const [start] = points;
      draw(mode === 'erase' ? 'eraser' : 'brush', { start, to: start, points, radius });
    },
  };
}

function makersFor(size: Size, fresh: NewObject): Makers {
  return {
    box: (drawn) => drawBox(drawn, fresh),
    stroke(points, radius, mode) {
      const runs = strokeRuns(points, radius, size);
      return runs.spans.length === 0 ? null : addStroke(runs, mode, fresh);
    },
  };
}
