import type { Parts } from '../annotator/parts.js';
import type { DragKind, PointerActions } from '../input/pointer.js';
import { addClick } from '../value/edits.js';
import { panViewport, zoomViewport } from '../view/viewport.js';

/** What pressing, dragging and tapping on the stage does, by the tool that is chosen. */
export function createPointerTools(parts: Parts, stageElement: HTMLElement): PointerActions {
  const isBrush = () => parts.config.settings.tool === 'brush' || parts.config.settings.tool === 'eraser';
  return {
    begin(at, event) {
      const { hand, config, aim, pictures, dragging, previewing, screen } = parts;
      const { tool } = config.settings;
      // A ring for those who use the keyboard only.
      stageElement.focus({ preventScroll: true, focusVisible: false } as FocusOptions);
      hand.crosshair = null;
      dragging.cancel();
      const opposite = event.shiftKey || event.altKey || event.button === 2;
      hand.pointer = { at, opposite: event.shiftKey || event.altKey };
      if (hand.spaceHeld || tool === 'pan') return 'pan';
      if (pictures.shown === null || config.readOnly) return 'tap-or-pan';
      const hit = tool === 'click' && event.button === 0 ? aim.clickAt(at) : null;
      const kind: DragKind = hit !== null ? 'move-click' : tool === 'box' ? 'box' : isBrush() ? 'stroke' : 'tap-or-pan';
      if (kind === 'tap-or-pan') {
        const point = aim.pointAt(at);
        if (point !== null) previewing.anticipate(point, opposite);
      } else {
        dragging.begin(kind, aim.nearest(at), { click: hit ?? -1, erases: tool === 'eraser' });
      }
      hand.selectedClick = hit;
      screen.refresh();
      return kind;
    },
    hover(at, event) {
      const { hand, stage, previewing } = parts;
      if (at !== null) hand.crosshair = null;
      hand.pointer = at === null ? null : { at, opposite: event.shiftKey || event.altKey };
      if (isBrush()) stage.invalidate();
      previewing.update();
    },
    tap(at, opposite) {
      const { hand, config, aim, changes, dragging, selection, screen } = parts;
      dragging.cancel();
      if (config.settings.tool !== 'click') return screen.refresh();
      if (hand.selectedClick !== null && aim.clickAt(at) === hand.selectedClick) {
        selection.announceClick();
        return screen.refresh();
      }
      const point = aim.pointAt(at);
      if (point !== null) changes.make(addClick({ ...point, label: aim.labelFor(opposite) }, changes.fresh()));
    },
    pan(dx, dy) {
      const { pictures, stage, previewing } = parts;
      if (pictures.shown === null) return;
      previewing.stop();
      stage.setViewport(panViewport(stage.viewport, dx, dy, pictures.shown, stage.size));
    },
    zoom(factor, anchor) {
      const { pictures, stage } = parts;
      if (pictures.shown === null) return;
      stage.setViewport(zoomViewport(stage.viewport, factor, anchor, pictures.shown, stage.size));
    },
    drag(_, points) {
      const { hand, aim, dragging } = parts;
      if (dragging.present === null) return;
      for (const at of points) {
        hand.pointer = { at, opposite: false };
        dragging.to(aim.nearest(at));
      }
    },
    drop(kind, at) {
      const { aim, dragging } = parts;
      if (kind !== 'stroke') dragging.to(aim.nearest(at));
      dragging.drop();
    },
    cancel: () => parts.dragging.cancel(),
  };
}
