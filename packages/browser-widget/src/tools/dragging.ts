import type { ImagePoint } from '@clickmask/core/masks';
import type { Parts } from '../annotator/parts.js';
import { addStroke, drawBox, moveClick } from '../value/edits.js';
import { strokeRuns } from './brush-stroke.js';

/** A box, a stroke or a click on its way, by the pointer or by the crosshair. */
export interface Drag {
  readonly kind: 'box' | 'stroke' | 'move-click';
  readonly start: ImagePoint;
  /** Where it is now; null: it did not move yet. */
  readonly to: ImagePoint | null;
  /** Of a stroke: all points so far. */
  readonly points: readonly ImagePoint[];
  /** Of a stroke: whether it erases. */
  readonly erases: boolean;
  /** Of a click that is moved: its index. */
  readonly click: number;
}

/** What is drawn between press and release, or between the first Enter and the second. */
export interface Dragging {
  readonly present: Drag | null;
  begin(kind: Drag['kind'], start: ImagePoint, options?: { readonly click?: number; readonly erases?: boolean }): void;
  to(point: ImagePoint): void;
  /** Makes it a step of the history. */
  drop(): void;
  cancel(): void;
  /** Paints or erases along a line, in image px. */
  stroke(points: readonly ImagePoint[], radius: number, mode: 'paint' | 'erase'): void;
}

export function createDragging(parts: Parts): Dragging {
  let present: (Drag & { readonly points: ImagePoint[] }) | null = null;
  const stroke: Dragging['stroke'] = (points, radius, mode) => {
    const { pictures, changes } = parts;
    if (pictures.shown === null || points.length === 0) return;
    changes.make(addStroke(strokeRuns(points, radius, pictures.shown), mode, changes.fresh()));
  };
  return {
    get present() {
      return present;
    },
    begin(kind, start, { click = -1, erases = false } = {}) {
      present = { kind, start, to: null, points: kind === 'stroke' ? [start] : [], erases, click };
      parts.stage.invalidate();
    },
    to(point) {
      if (present === null) return;
      if (present.kind === 'stroke') present.points.push(point);
      present = { ...present, to: point };
      parts.stage.invalidate();
    },
    drop() {
      const { changes, config, stage, pictures } = parts;
      const ended = present;
      present = null;
      if (ended === null || pictures.shown === null) return;
      const { kind, start, to, points, erases } = ended;
      if (kind === 'box') {
        if (to !== null && start.x !== to.x && start.y !== to.y) {
          // What a box left out is what clicks are for.
          config.change({ tool: 'click' });
          changes.make(drawBox({ x1: start.x, y1: start.y, x2: to.x, y2: to.y }, changes.fresh()));
        }
      } else if (kind === 'stroke') {
        stroke(points, config.settings.brushRadius / stage.viewport.scale, erases ? 'erase' : 'paint');
      } else if (to !== null) {
        changes.make(moveClick(ended.click, to));
      }
      parts.screen.refresh();
    },
    cancel() {
      present = null;
      parts.stage.invalidate();
    },
    stroke,
  };
}
