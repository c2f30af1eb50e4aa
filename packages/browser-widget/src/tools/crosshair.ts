import { type ImagePoint, isSet } from '@clickmask/core/masks';
import { addClick, moveClick } from '@clickmask/core/session';
import type { Annotation } from '../annotation/annotation.js';
import { fillIn } from '../i18n/index.js';
import type { Results } from '../results/results.js';
import { announce, say } from '../state/say.js';
import { type AnnotatorState, type AnnotatorStore, selectedOf } from '../state/state.js';
import { labelOf, textsOf } from '../state/words.js';
import { showViewport } from '../view/show-viewport.js';
import { panViewport, revealPoint, toStage } from '../view/viewport.js';
import { insidePicture, labelFor, nearestTo } from './aim.js';
import type { Dragging } from './dragging.js';
import { kindOf, turnedTool } from './kinds/registry.js';

/** The pointer of keyboard users: arrows move it, Enter presses, and a second Enter ends a box or stroke. */
export interface Crosshair {
  /** @param step - in CSS px; at least one image pixel */
  move(dx: number, dy: number, step: number): void;
  press(opposite: boolean): void;
  destroy(): void;
}

/** Milliseconds to wait before a position is spoken, so that a held arrow key does not speak every step. */
const restMs = 500;

export interface CrosshairOptions {
  readonly store: AnnotatorStore;
  readonly annotation: Pick<Annotation, 'make' | 'fresh'>;
  readonly dragging: Pick<Dragging, 'begin' | 'to' | 'drop'>;
  readonly maskOf: Results['maskOf'];
}

export function createCrosshair({ store, annotation, dragging, maskOf }: CrosshairOptions): Crosshair {
  const speaker = createSpeaker(store);
  const put = (at: ImagePoint) => {
    reveal(store, at);
    store.set({ crosshair: at });
    dragging.to(at);
    speaker.atRest(() => describe(store.now, at, maskOf));
  };
  /** Moves the selected click. Returns false if none is selected. */
  const moveSelected = (dx: number, dy: number): boolean => {
    const selected = selectedOf(store.now);
    if (selected === null || store.now.settings.tool !== 'click') return false;
    const { index, click } = selected;
    const to = insidePicture(store.now, { x: click.x + dx, y: click.y + dy });
    annotation.make(moveClick(index, to), {
      // A held key counts as one undo step.
      run: `move ${store.now.value.activeId} ${index}`,
      done: () => reveal(store, to),
    });
    return true;
  };
  return {
    move(dx, dy, step) {
      const { picture, settings, viewport, stageSize, crosshair } = store.now;
      if (picture === null) return;
      if (kindOf(settings.tool)?.press === 'pan') {
        const by = -4 * Math.max(step, 1);
        showViewport(store, panViewport(viewport, dx * by, dy * by, picture, stageSize));
        return;
      }
      const distance = Math.max(step / viewport.scale, 1);
      if (moveSelected(dx * distance, dy * distance)) return;
      const from = placeOf(store.now);
      // The first key only shows the crosshair.
      const by = crosshair === null ? 0 : distance;
      put(insidePicture(store.now, { x: from.x + dx * by, y: from.y + dy * by }));
    },
    press(opposite) {
      const { picture, readOnly, settings, crosshair } = store.now;
      if (picture === null || readOnly) return;
      const at = placeOf(store.now);
      if (crosshair === null) put(at);
      const press = kindOf(settings.tool)?.press;
      if (press === 'box' || press === 'line') draw({ store, dragging, press, at, opposite });
      // Without a visible crosshair, a click would be accidental.
      else if (press === undefined && crosshair !== null)
        annotation.make(addClick({ ...at, label: labelFor(store.now, opposite) }, annotation.fresh()));
    },
    destroy: speaker.destroy,
  };
}

/** Speaks a position after a pause. Any other message replaces it. */
function createSpeaker(store: AnnotatorStore) {
  let resting: ReturnType<typeof setTimeout> | undefined;
  const stop = store.subscribe((changed) => changed.has('spoken') && clearTimeout(resting));
  return {
    atRest(text: () => string) {
      clearTimeout(resting);
      resting = setTimeout(() => announce(store, text()), restMs);
    },
    destroy() {
      clearTimeout(resting);
      stop();
    },
  };
}

/** The crosshair's position. Showing it hides the pointer's. */
function placeOf(state: AnnotatorState): ImagePoint {
  const { crosshair, pointer, stageSize } = state;
  const middle = { x: stageSize.width / 2, y: stageSize.height / 2 };
  return crosshair ?? nearestTo(state, pointer?.at ?? middle);
}

/** Describes a position and what is there. */
function describe(state: AnnotatorState, { x, y }: ImagePoint, maskOf: Results['maskOf']): string {
  const place = fillIn(textsOf(state).position, { x: Math.round(x), y: Math.round(y) });
  const under = state.value.objects.findIndex((object) => {
    const runs = maskOf(object);
    return runs !== null && isSet(runs, Math.floor(x), Math.floor(y));
  });
  return under < 0 ? place : `${place}, ${labelOf(state, under)}`;
}

/** Scrolls the image until a point is visible. */
function reveal(store: AnnotatorStore, at: ImagePoint): void {
  const { picture, viewport, stageSize } = store.now;
  if (picture !== null) showViewport(store, revealPoint(viewport, toStage(viewport, at), picture, stageSize));
}

interface Drawing extends Pick<CrosshairOptions, 'store' | 'dragging'> {
  readonly press: 'box' | 'line';
  readonly at: ImagePoint;
  readonly opposite: boolean;
}

/** Starts a box or line at a point, or ends the one that was started. */
function draw({ store, dragging, press, at, opposite }: Drawing): void {
  const texts = textsOf(store.now);
  if (store.now.drag !== null) {
    dragging.drop();
    // The status line says what was drawn. A screen reader user also has to hear that the brush was lifted.
    if (press === 'line') announce(store, texts.strokeDone);
    return;
  }
  dragging.begin(press, at, { tool: turnedTool(store.now.settings.tool, opposite) });
  say(store, press === 'box' ? texts.boxBegun : texts.strokeBegun);
}
