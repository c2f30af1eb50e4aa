import { toElement } from '../view/placement.js';
import type { StagePoint } from '../view/viewport.js';

/** What a press on the stage begins. */
export type DragKind = 'tap-or-pan' | 'pan' | 'box' | 'stroke' | 'move-click';

export interface PointerActions {
  /** What a press at this point begins; null: nothing. */
  begin(point: StagePoint, event: PointerEvent): DragKind | null;
  /** The pointer moves over the stage without a press; null: it left. */
  hover(point: StagePoint | null, event: PointerEvent): void;
  /** A short press. `opposite`: with Shift, Alt, the right button, or held long on a touch screen. */
  tap(point: StagePoint, opposite: boolean, event: PointerEvent): void;
  pan(dx: number, dy: number): void;
  zoom(factor: number, anchor: StagePoint): void;
  /** The drag of a box, a stroke or a click; `points` are all positions since the last call. */
  drag(kind: 'box' | 'stroke' | 'move-click', points: readonly StagePoint[]): void;
  drop(kind: 'box' | 'stroke' | 'move-click', point: StagePoint): void;
  cancel(): void;
}

export interface PointerOptions {
  /** Whether the wheel zooms by itself, or only with Ctrl held, leaving the page its scrolling. */
  readonly wheelZooms: () => boolean;
  readonly rightClick: () => boolean;
}

interface Press {
  readonly id: number;
  readonly kind: DragKind;
  readonly start: StagePoint;
  readonly event: PointerEvent;
  last: StagePoint;
  moved: boolean;
  held: boolean;
}

const longPressMs = 550;

/** Turns mouse, pen and touch events on an element into actions. Returns the function that lets go of the element. */
export function listenToPointers(element: HTMLElement, actions: PointerActions, options: PointerOptions): () => void {
  const touches = new Map<number, StagePoint>();
  let press: Press | null = null;
  let pinch: { distance: number; middle: StagePoint } | null = null;
  let holdTimer: ReturnType<typeof setTimeout> | undefined;
  const controller = new AbortController();
  const { signal } = controller;

  const at = (event: { readonly clientX: number; readonly clientY: number }): StagePoint =>
    toElement(element, { x: event.clientX, y: event.clientY });
  const pinchNow = () => {
    const [a, b] = [...touches.values()];
    return {
      distance: Math.max(1, Math.hypot(a.x - b.x, a.y - b.y)),
      middle: { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 },
    };
  };
  const letGo = () => {
    clearTimeout(holdTimer);
    press = null;
  };

  const down = (event: PointerEvent) => {
    const point = at(event);
    if (event.pointerType === 'touch') {
      touches.set(event.pointerId, point);
      if (touches.size === 2) {
        if (press !== null) actions.cancel();
        letGo();
        pinch = pinchNow();
        return;
      }
      if (touches.size > 2) return;
    }
    const right = event.button === 2 && options.rightClick();
    if (press !== null || (event.button !== 0 && event.button !== 1 && !right)) return;
    const kind = event.button === 1 ? 'pan' : actions.begin(point, event);
    if (kind === null) return;
    press = { id: event.pointerId, kind, start: point, event, last: point, moved: false, held: false };
    try {
      element.setPointerCapture(event.pointerId);
    } catch {
      // The pointer may already be gone, as with synthetic events; the drag then ends at the element's edge.
    }
    if (event.button === 1) event.preventDefault();
    if (kind === 'tap-or-pan' && event.pointerType === 'touch') {
      const mine = press;
      holdTimer = setTimeout(() => {
        if (press !== mine || mine.moved) return;
        mine.held = true;
        actions.tap(mine.start, true, event);
      }, longPressMs);
    }
    if (kind === 'stroke') actions.drag('stroke', [point]);
  };

  const move = (event: PointerEvent) => {
    const point = at(event);
    if (touches.has(event.pointerId)) touches.set(event.pointerId, point);
    if (pinch !== null && touches.size >= 2) {
      const next = pinchNow();
      actions.pan(next.middle.x - pinch.middle.x, next.middle.y - pinch.middle.y);
      actions.zoom(next.distance / pinch.distance, next.middle);
      pinch = next;
      return;
    }
    if (press === null) {
      if (event.pointerType !== 'touch') actions.hover(point, event);
      return;
    }
    if (press.id !== event.pointerId) return;
    const slack = event.pointerType === 'touch' ? 10 : 4;
    const far = Math.hypot(point.x - press.start.x, point.y - press.start.y) > slack;
    if (!press.moved && !far && press.kind !== 'stroke') return;
    const before = press.moved ? press.last : press.start;
    press.moved = true;
    clearTimeout(holdTimer);
    press.last = point;
    switch (press.kind) {
      case 'tap-or-pan':
      case 'pan':
        actions.pan(point.x - before.x, point.y - before.y);
        break;
      case 'stroke': {
        const all = event.getCoalescedEvents?.() ?? [];
        actions.drag('stroke', all.length > 0 ? all.map(at) : [point]);
        break;
      }
      case 'box':
      case 'move-click':
        actions.drag(press.kind, [point]);
        break;
      default:
        press.kind satisfies never;
    }
  };

  const up = (event: PointerEvent) => {
    touches.delete(event.pointerId);
    if (pinch !== null) {
      if (touches.size < 2) pinch = null;
      // The finger that stays down after a pinch does not click.
      return;
    }
    if (press === null || press.id !== event.pointerId) return;
    const { kind, start, moved, held, event: first } = press;
    letGo();
    const point = at(event);
    if (kind === 'tap-or-pan') {
      if (!moved && !held) actions.tap(start, first.shiftKey || first.altKey || first.button === 2, event);
    } else if (kind === 'stroke') {
      actions.drop('stroke', point);
    } else if (kind === 'box' || kind === 'move-click') {
      if (moved) actions.drop(kind, point);
      else actions.tap(start, first.shiftKey || first.altKey, event);
    }
  };

  const cancelled = (event: PointerEvent) => {
    touches.delete(event.pointerId);
    if (touches.size < 2) pinch = null;
    if (press?.id === event.pointerId) {
      letGo();
      actions.cancel();
    }
  };

  const wheel = (event: WheelEvent) => {
    if (!event.ctrlKey && !event.metaKey && !options.wheelZooms()) return;
    event.preventDefault();
    const unit = event.deltaMode === 1 ? 16 : event.deltaMode === 2 ? 400 : 1;
    // A pinch on a touchpad comes as small wheel steps with Ctrl.
    const speed = event.ctrlKey && Math.abs(event.deltaY) < 50 ? 0.01 : 0.0015;
    actions.zoom(Math.exp(-event.deltaY * unit * speed), at(event));
  };

  element.addEventListener('pointerdown', down, { signal });
  element.addEventListener('pointermove', move, { signal });
  element.addEventListener('pointerup', up, { signal });
  element.addEventListener('pointercancel', cancelled, { signal });
  element.addEventListener('pointerleave', (event) => press === null && actions.hover(null, event), { signal });
  element.addEventListener('wheel', wheel, { signal, passive: false });
  element.addEventListener('contextmenu', (event) => options.rightClick() && event.preventDefault(), { signal });
  return () => {
    letGo();
    controller.abort();
  };
}
