import { type ImagePoint, isSet } from '@clickmask/core/masks';
import type { Parts } from '../annotator/parts.js';
import { fillIn } from '../i18n/index.js';
import { addClick, moveClick } from '../value/edits.js';
import { panViewport, revealPoint, toStage } from '../view/viewport.js';

/** The pointer of those who use the keyboard: arrows move it, Enter presses, and presses again to end a box or stroke. */
export interface Crosshair {
  /** @param step - CSS px; at least a pixel of the picture */
  move(dx: number, dy: number, step: number): void;
  press(opposite: boolean): void;
}

export function createCrosshair(parts: Parts): Crosshair {
  /** Where it is; shown for the first time, it takes the place of the pointer. */
  const appear = (): ImagePoint => {
    const { hand, aim, stage } = parts;
    const middle = { x: stage.size.width / 2, y: stage.size.height / 2 };
    return hand.crosshair ?? aim.nearest(hand.pointer?.at ?? middle);
  };
  /** The place in words, and what is there. */
  const describe = ({ x, y }: ImagePoint): string => {
    const { changes, results, status, config } = parts;
    const place = fillIn(config.texts.position, { x: Math.round(x), y: Math.round(y) });
    const under = changes.value.objects.findIndex((object) => {
      const runs = results.maskOf(object);
      return runs !== null && isSet(runs, Math.floor(x), Math.floor(y));
    });
    return under < 0 ? place : `${place}, ${status.labelOf(under)}`;
  };
  const reveal = (at: ImagePoint) => {
    const { stage, pictures } = parts;
    if (pictures.shown === null) return;
    stage.setViewport(revealPoint(stage.viewport, toStage(stage.viewport, at), pictures.shown, stage.size));
  };
  const put = (at: ImagePoint) => {
    const { hand, stage, dragging, previewing, status } = parts;
    hand.crosshair = at;
    reveal(at);
    dragging.to(at);
    stage.invalidate();
    previewing.update();
    status.announceAtRest(() => describe(at));
  };

  return {
    move(dx, dy, step) {
      const { hand, pictures, stage, aim, changes, config } = parts;
      const { tool } = config.settings;
      if (pictures.shown === null) return;
      if (tool === 'pan') {
        const by = -4 * Math.max(step, 1);
        stage.setViewport(panViewport(stage.viewport, dx * by, dy * by, pictures.shown, stage.size));
        return;
      }
      const distance = Math.max(step / stage.viewport.scale, 1);
      const chosen = hand.selectedClick === null ? undefined : changes.active?.prompt.clicks[hand.selectedClick];
      if (chosen !== undefined && hand.selectedClick !== null && tool === 'click') {
        const to = aim.inside({ x: chosen.x + dx * distance, y: chosen.y + dy * distance });
        changes.make(moveClick(hand.selectedClick, to), {
          // A key held down is one step.
          run: `move ${changes.value.activeId} ${hand.selectedClick}`,
          done: () => reveal(to),
        });
        return;
      }
      const from = appear();
      // The first key shows where the crosshair is; it is moved from there.
      const by = hand.crosshair === null ? 0 : distance;
      put(aim.inside({ x: from.x + dx * by, y: from.y + dy * by }));
    },
    press(opposite) {
      const { hand, pictures, aim, changes, config, dragging, status } = parts;
      const { tool } = config.settings;
      if (pictures.shown === null || config.readOnly) return;
      if (hand.crosshair === null) return put(aim.inside(appear()));
      const at = hand.crosshair;
      switch (tool) {
        case 'click':
          changes.make(addClick({ ...at, label: aim.labelFor(opposite) }, changes.fresh()));
          break;
        case 'box':
        case 'brush':
        case 'eraser':
          if (dragging.present !== null) {
            dragging.drop();
            if (tool !== 'box') status.say(config.texts.strokeDone);
          } else if (tool === 'box') {
            dragging.begin('box', at);
            status.say(config.texts.boxBegun);
          } else {
            dragging.begin('stroke', at, { erases: (tool === 'eraser') !== opposite });
            status.say(config.texts.strokeBegun);
          }
          break;
        case 'pan':
          break;
        default:
          tool satisfies never;
      }
    },
  };
}
