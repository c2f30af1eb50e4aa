import type { StagePoint } from '../view/viewport.js';

/** What a press on the stage starts. */
export type DragKind = 'tap-or-pan' | 'pan' | 'box' | 'line' | 'move-click';

/** How a press was made. */
export interface PressInfo {
  /** The opposite sign: with Shift, Alt, the right button (if enabled), or a pen's button. */
  readonly opposite: boolean;
  /** With Shift or Alt alone. They also switch the sign of previews. */
  readonly turned: boolean;
  /** With the eraser end of a pen. */
  readonly erases: boolean;
  /** With the main button or a finger. */
  readonly isMain: boolean;
  readonly device: 'mouse' | 'pen' | 'touch';
}

export interface PointerActions {
  /** What a press at this point starts. */
  begin(point: StagePoint, press: PressInfo): DragKind;
  /** The pointer moved over the stage without a press; null if it left. */
  hover(point: StagePoint | null, turned: boolean): void;
  /** A short press. `opposite`: as in {@link PressInfo}, or a long press on a touch screen. */
  tap(point: StagePoint, opposite: boolean): void;
  pan(dx: number, dy: number): void;
  zoom(factor: number, anchor: StagePoint): void;
  /** A box, line or click is being dragged; all positions since the last call. */
  drag(points: readonly StagePoint[]): void;
  drop(): void;
  cancel(): void;
}

export interface PointerOptions {
  /** Converts window to stage coordinates; null if the stage is seen edge-on. */
  readonly toStage: (point: StagePoint) => StagePoint | null;
  /** Whether the wheel alone zooms. Otherwise it needs Ctrl, and the wheel scrolls the page. */
  readonly wheelZooms: () => boolean;
  readonly rightClick: () => boolean;
}

interface Press {
  readonly id: number;
  readonly kind: DragKind;
  readonly start: StagePoint;
  readonly opposite: boolean;
  /** A press that moves less than this many CSS px is a tap. */
  readonly slack: number;
  last: StagePoint;
  moved: boolean;
  held: boolean;
}

const longPressMs = 550;

/** The bits of `PointerEvent.buttons`: the right or barrel button, and the eraser end of a pen. */
const secondaryBit = 2;
const eraserBit = 32;

/** Turns mouse, pen and touch events of an element into actions. Returns a function that stops it. */
export function listenToPointers(element: HTMLElement, actions: PointerActions, options: PointerOptions): () => void {
  const presses = createPresses(element, actions, options);
  const controller = new AbortController();
  const { signal } = controller;
  element.addEventListener('pointerdown', presses.down, { signal });
  element.addEventListener('pointermove', presses.move, { signal });
  element.addEventListener('pointerup', presses.up, { signal });
  element.addEventListener('pointercancel', presses.cancelled, { signal });
  element.addEventListener('pointerleave', presses.leave, { signal });
  element.addEventListener('wheel', (event) => onWheel(event, actions, options), { signal, passive: false });
  element.addEventListener(
    'contextmenu',
    // A long press is a click here and opens no menu.
    (event) => (options.rightClick() || isTouchLike(event)) && event.preventDefault(),
    { signal },
  );
  return () => {
    presses.letGo();
    controller.abort();
  };
}

function isTouchLike(event: Event): boolean {
  const { pointerType } = event as PointerEvent;
  return pointerType === 'touch' || pointerType === 'pen';
}

function infoOf(event: PointerEvent): PressInfo {
  const turned = event.shiftKey || event.altKey;
  const isPen = event.pointerType === 'pen';
  const barrel = isPen && (event.button === 2 || (event.buttons & secondaryBit) !== 0);
  return {
    turned,
    opposite: turned || event.button === 2 || barrel,
    erases: isPen && (event.button === 5 || (event.buttons & eraserBit) !== 0),
    isMain: event.button === 0 && !barrel,
    device: isPen ? 'pen' : event.pointerType === 'touch' ? 'touch' : 'mouse',
  };
}

/** Whether a press with this button does anything. */
function counts(event: PointerEvent, rightClick: boolean): boolean {
  const { button, pointerType } = event;
  return button === 0 || button === 1 || (button === 2 && (rightClick || pointerType === 'pen')) || button === 5;
}

/** Tracks presses from start to end, and two-finger pinches. */
function createPresses(element: HTMLElement, actions: PointerActions, options: PointerOptions) {
  const pinch = createPinch(actions);
  let press: Press | null = null;
  let holdTimer: ReturnType<typeof setTimeout> | undefined;
  const at = ({ clientX, clientY }: MouseEvent) => options.toStage({ x: clientX, y: clientY });
  const letGo = () => {
    clearTimeout(holdTimer);
    press = null;
  };
  const holdLong = (mine: Press) => {
    holdTimer = setTimeout(() => {
      if (press !== mine || mine.moved) return;
      mine.held = true;
      actions.tap(mine.start, true);
    }, longPressMs);
  };
  const begin = (point: StagePoint, event: PointerEvent) => {
    const info = infoOf(event);
    const isTouch = event.pointerType === 'touch';
    const kind = event.button === 1 ? 'pan' : actions.begin(point, info);
    const slack = isTouch ? 10 : event.pointerType === 'pen' ? 6 : 4;
    const started: Press = {
      id: event.pointerId,
      kind,
      start: point,
      opposite: info.opposite,
      slack,
      last: point,
      moved: false,
      held: false,
    };
    press = started;
    try {
      element.setPointerCapture(event.pointerId);
    } catch {
      // The pointer may already be gone, as with synthetic events. The drag then ends at the element's edge.
    }
    if (event.button === 1) event.preventDefault();
    if (kind === 'tap-or-pan' && isTouch) holdLong(started);
    if (kind === 'line') actions.drag([point]);
  };
  const travel = (mine: Press, point: StagePoint, event: PointerEvent) => {
    const far = Math.hypot(point.x - mine.start.x, point.y - mine.start.y) > mine.slack;
    if (!mine.moved && !far && mine.kind !== 'line') return;
    const before = mine.moved ? mine.last : mine.start;
    mine.moved = true;
    clearTimeout(holdTimer);
    mine.last = point;
    if (mine.kind === 'tap-or-pan' || mine.kind === 'pan') actions.pan(point.x - before.x, point.y - before.y);
    else actions.drag(mine.kind === 'line' ? allPoints(event, at, point) : [point]);
  };

  return {
    letGo,
    down(event: PointerEvent) {
      const point = at(event);
      if (point === null) return;
      if (event.pointerType === 'touch') {
        const fingers = pinch.down(event.pointerId, point);
        if (fingers === 2) {
          if (press !== null) actions.cancel();
          letGo();
        }
        if (fingers >= 2) return;
      }
      if (press === null && counts(event, options.rightClick())) begin(point, event);
    },
    move(event: PointerEvent) {
      const point = at(event);
      if (point === null || pinch.move(event.pointerId, point)) return;
      if (press === null) {
        if (event.pointerType !== 'touch') actions.hover(point, event.shiftKey || event.altKey);
      } else if (press.id === event.pointerId) travel(press, point, event);
    },
    up(event: PointerEvent) {
      // The finger that stays down after a pinch makes no click.
      if (pinch.up(event.pointerId) || press === null || press.id !== event.pointerId) return;
      const { kind, start, moved, held, opposite, last } = press;
      letGo();
      const isTap = !moved && (kind === 'tap-or-pan' || kind === 'box' || kind === 'move-click');
      if (isTap) {
        if (!held) actions.tap(start, opposite);
      } else if (kind === 'line') actions.drop();
      else if (kind === 'box' || kind === 'move-click') {
        actions.drag([at(event) ?? last]);
        actions.drop();
      }
    },
    cancelled(event: PointerEvent) {
      pinch.up(event.pointerId);
      if (press?.id !== event.pointerId) return;
      letGo();
      actions.cancel();
    },
    leave: () => press === null && actions.hover(null, false),
  };
}

/** All positions of the pointer since the last event. */
function allPoints(event: PointerEvent, at: (event: MouseEvent) => StagePoint | null, last: StagePoint) {
  const points = (event.getCoalescedEvents?.() ?? []).map(at).filter((point) => point !== null);
  return points.length > 0 ? points : [last];
}

/** Two fingers that move and zoom the image. */
function createPinch(actions: Pick<PointerActions, 'pan' | 'zoom'>) {
  const fingers = new Map<number, StagePoint>();
  let before: { readonly distance: number; readonly middle: StagePoint } | null = null;
  const measure = () => {
    const [a, b] = [...fingers.values()];
    return {
      distance: Math.max(1, Math.hypot(a.x - b.x, a.y - b.y)),
      middle: { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 },
    };
  };
  return {
    /** @returns the number of fingers that are down */
    down(id: number, point: StagePoint): number {
      fingers.set(id, point);
      if (fingers.size === 2) before = measure();
      return fingers.size;
    },
    /** @returns whether it was part of a pinch */
    move(id: number, point: StagePoint): boolean {
      if (!fingers.has(id)) return false;
      fingers.set(id, point);
      if (before === null || fingers.size < 2) return before !== null;
      const next = measure();
      actions.pan(next.middle.x - before.middle.x, next.middle.y - before.middle.y);
      actions.zoom(next.distance / before.distance, next.middle);
      before = next;
      return true;
    },
    /** @returns whether it was part of a pinch, until the last finger is up */
    up(id: number): boolean {
      if (!fingers.delete(id)) return false;
      const wasPinch = before !== null;
      if (fingers.size === 0) before = null;
      else if (wasPinch && fingers.size >= 2) before = measure();
      return wasPinch;
    },
  };
}

function onWheel(event: WheelEvent, actions: Pick<PointerActions, 'zoom'>, options: PointerOptions): void {
  if (!event.ctrlKey && !event.metaKey && !options.wheelZooms()) return;
  event.preventDefault();
  const anchor = options.toStage({ x: event.clientX, y: event.clientY });
  if (anchor === null) return;
  const unit = event.deltaMode === 1 ? 16 : event.deltaMode === 2 ? 400 : 1;
  // Browsers report a touchpad pinch as small wheel steps with Ctrl.
  const speed = event.ctrlKey && Math.abs(event.deltaY) < 50 ? 0.01 : 0.0015;
  actions.zoom(Math.exp(-event.deltaY * unit * speed), anchor);
}
