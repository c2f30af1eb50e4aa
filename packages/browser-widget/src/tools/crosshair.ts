import { type ImagePoint, isSet } from '@clickmask/core/masks';
import { addClick, moveClick } from '@clickmask/core/session';
import type { Annotation } from '../annotation/annotation.js';
import { fillIn } from '../i18n/index.js';
import type { Results } from '../results/results.js';
import { announce, say } from '../state/say.js';
import { type AnnotatorStore, selectedOf } from '../state/state.js';
import { labelOf, textsOf } from '../state/words.js';
import { showViewport } from '../view/show-viewport.js';
import { panViewport, revealPoint, toStage } from '../view/viewport.js';
import { insidePicture, labelFor, nearestTo } from './aim.js';
import type { Dragging } from './dragging.js';

/** The pointer of those who use the keyboard: arrows move it, Enter presses, and presses again to end a box or stroke. */
export interface Crosshair {
  /** @param step - CSS px; at least a pixel of the picture */
  move(dx: number, dy: number, step: number): void;
  press(opposite: boolean): void;
  destroy(): void;
}

/** Milliseconds without news after which a place is spoken: sooner, every step of the crosshair would be. */
const restMs = 500;

export interface CrosshairOptions {
  readonly store: AnnotatorStore;
  readonly annotation: Pick<Annotation, 'make' | 'fresh'>;
  readonly dragging: Pick<Dragging, 'begin' | 'to' | 'drop'>;
  readonly maskOf: Results['maskOf'];
}

export function createCrosshair({ store, annotation, dragging, maskOf }: CrosshairOptions): Crosshair {
  let resting: ReturnType<typeof setTimeout> | undefined;
  // Whatever else is told is newer than a place.
  const stop = store.subscribe((changed) => changed.has('spoken') && clearTimeout(resting));

  /** Where it is; shown for the first time, it takes the place of the pointer. */
  const appear = (): ImagePoint => {
    const { crosshair, pointer, stageSize } = store.now;
    const middle = { x: stageSize.width / 2, y: stageSize.height / 2 };
    return crosshair ?? nearestTo(store.now, pointer?.at ?? middle);
  };
  /** The place in words, and what is there. */
  const describe = ({ x, y }: ImagePoint): string => {
    const place = fillIn(textsOf(store.now).position, { x: Math.round(x), y: Math.round(y) });
    const under = store.now.value.objects.findIndex((object) => {
      const runs = maskOf(object);
      return runs !== null && isSet(runs, Math.floor(x), Math.floor(y));
    });
    return under < 0 ? place : `${place}, ${labelOf(store.now, under)}`;
  };
  const reveal = (at: ImagePoint) => {
    const { picture, viewport, stageSize } = store.now;
    if (picture !== null) showViewport(store, revealPoint(viewport, toStage(viewport, at), picture, stageSize));
  };
  const put = (at: ImagePoint) => {
    reveal(at);
    store.set({ crosshair: at });
    dragging.to(at);
    clearTimeout(resting);
    resting = setTimeout(() => announce(store, describe(at)), restMs);
  };
  const moveSelected = (dx: number, dy: number): boolean => {
    const selected = selectedOf(store.now);
    if (selected === null || store.now.settings.tool !== 'click') return false;
    const { index, click } = selected;
    const to = insidePicture(store.now, { x: click.x + dx, y: click.y + dy });
    annotation.make(moveClick(index, to), {
      // A key held down is one step.
      run: `move ${store.now.value.activeId} ${index}`,
      done: () => reveal(to),
    });
    return true;
  };
  const draw = (tool: 'box' | 'brush' | 'eraser', at: ImagePoint, opposite: boolean) => {
    const texts = textsOf(store.now);
    if (store.now.drag !== null) {
      dragging.drop();
      // The status line says what it left; whoever does not see the brush has to hear that it is up.
      if (tool !== 'box') announce(store, texts.strokeDone);
    } else if (tool === 'box') {
      dragging.begin('box', at);
      say(store, texts.boxBegun);
    } else {
      dragging.begin('stroke', at, { erases: (tool === 'eraser') !== opposite });
      say(store, texts.strokeBegun);
    }
  };

  return {
    move(dx, dy, step) {
      const { picture, settings, viewport, stageSize, crosshair } = store.now;
      if (picture === null) return;
      if (settings.tool === 'pan') {
        const by = -4 * Math.max(step, 1);
        showViewport(store, panViewport(viewport, dx * by, dy * by, picture, stageSize));
        return;
      }
      const distance = Math.max(step / viewport.scale, 1);
      if (moveSelected(dx * distance, dy * distance)) return;
      const from = appear();
      // The first key shows where the crosshair is; it is moved from there.
      const by = crosshair === null ? 0 : distance;
      put(insidePicture(store.now, { x: from.x + dx * by, y: from.y + dy * by }));
    },
    press(opposite) {
      const { picture, readOnly, settings, crosshair } = store.now;
      const { tool } = settings;
      if (picture === null || readOnly) return;
      const at = crosshair ?? insidePicture(store.now, appear());
      if (crosshair === null) put(at);
      switch (tool) {
        case 'click':
          // A click where nobody saw the crosshair would be one by accident.
          if (crosshair !== null)
            annotation.make(addClick({ ...at, label: labelFor(store.now, opposite) }, annotation.fresh()));
          break;
        case 'box':
        case 'brush':
        case 'eraser':
          draw(tool, at, opposite);
          break;
        case 'pan':
          break;
        default:
          tool satisfies never;
      }
    },
    destroy() {
      clearTimeout(resting);
      stop();
    },
  };
}
