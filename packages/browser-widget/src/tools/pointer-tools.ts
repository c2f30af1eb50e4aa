import type { ImagePoint } from '@clickmask/core/masks';
import { addClick } from '@clickmask/core/session';
import type { Annotation } from '../annotation/annotation.js';
import type { DragKind, PointerActions } from '../input/pointer.js';
import type { AnnotatorState, AnnotatorStore } from '../state/state.js';
import { showViewport } from '../view/show-viewport.js';
import { panViewport, type StagePoint, zoomViewport } from '../view/viewport.js';
import { clickAt, labelFor, nearestTo, pointAt } from './aim.js';
import type { Dragging } from './dragging.js';
import { kindOf, type Tool } from './kinds/registry.js';
import type { Previewing } from './previewing.js';
import type { Selection } from './selection.js';

export interface PointerToolsOptions {
  readonly store: AnnotatorStore;
  readonly annotation: Pick<Annotation, 'make' | 'fresh'>;
  readonly dragging: Dragging;
  readonly announceClick: Selection['announceClick'];
  readonly anticipate: Previewing['anticipate'];
}

/** What pressing, dragging and tapping on the stage do with the selected tool. */
export function createPointerTools(options: PointerToolsOptions): PointerActions {
  const { store, annotation, dragging, announceClick, anticipate } = options;
  return {
    begin(at, { opposite, turned, erases, isMain, device }) {
      store.set({ crosshair: null, drag: null, device });
      const tool = erases ? 'eraser' : store.now.settings.tool;
      const kind = kindOfPress(store.now, at, isMain, tool);
      if (kind === 'pan') return kind;
      const hit = kind === 'move-click' ? clickAt(store.now, at) : null;
      store.set({ selectedClick: hit });
      if (kind === 'tap-or-pan') {
        const point = pointAt(store.now, at);
        if (point !== null) anticipate(point, opposite);
      } else {
        store.set({ pointer: { at, opposite: turned } });
        dragging.begin(kind, nearestTo(store.now, at), { tool, click: hit ?? -1 });
      }
      return kind;
    },
    hover(at, turned) {
      store.set({
        crosshair: at === null ? store.now.crosshair : null,
        pointer: at === null ? null : { at, opposite: turned },
      });
    },
    tap(at, opposite) {
      const { settings, selectedClick } = store.now;
      dragging.cancel();
      if (settings.tool !== 'click') return;
      if (selectedClick !== null && clickAt(store.now, at) === selectedClick) return announceClick();
      const point = pointAt(store.now, at);
      if (point !== null) annotation.make(addClick(clickOf(store.now, point, opposite), annotation.fresh()));
    },
    pan(dx, dy) {
      const { picture, viewport, stageSize } = store.now;
      if (picture !== null) showViewport(store, panViewport(viewport, dx, dy, picture, stageSize));
    },
    zoom(factor, anchor) {
      const { picture, viewport, stageSize } = store.now;
      if (picture !== null) showViewport(store, zoomViewport(viewport, factor, anchor, picture, stageSize));
    },
    drag(points) {
      const last = points.at(-1);
      if (store.now.drag === null || last === undefined) return;
      store.set({ pointer: { at: last, opposite: false } });
      dragging.to(...points.map((at) => nearestTo(store.now, at)));
    },
    drop: () => dragging.drop(),
    cancel: () => dragging.cancel(),
  };
}

function canChange({ picture, readOnly }: AnnotatorState): boolean {
  return picture !== null && !readOnly;
}

function clickOf(state: AnnotatorState, { x, y }: ImagePoint, opposite: boolean) {
  return { x, y, label: labelFor(state, opposite) };
}

/** What a press with this tool starts. */
function kindOfPress(state: AnnotatorState, at: StagePoint, isMain: boolean, tool: Tool): DragKind {
  if (state.spaceHeld || kindOf(state.settings.tool)?.press === 'pan') return 'pan';
  if (!canChange(state)) return 'tap-or-pan';
  const press = kindOf(tool)?.press;
  if (press !== undefined) return press;
  return isMain && clickAt(state, at) !== null ? 'move-click' : 'tap-or-pan';
}
