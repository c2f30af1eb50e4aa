import type { ImagePoint } from '@clickmask/core/masks';
import type { Parts } from '../annotator/parts.js';
import { promptBase } from '../value/edits.js';

/** Decides which click is previewed: the one that the pointer or the crosshair would make. */
export interface Previewing {
  /** The hand moved, or something that it depends on changed. */
  update(): void;
  /** Nothing is to be previewed until the hand moves again. */
  stop(): void;
  /** A press began here that is likely to become a click: its answer is computed while the button is still down. */
  anticipate(at: ImagePoint, opposite: boolean): void;
}

export function createPreviewing(parts: Parts): Previewing {
  const isPossible = () => {
    const { config, pictures, hand, dragging } = parts;
    const { tool } = config.settings;
    return tool === 'click' && pictures.ready && !config.readOnly && !hand.spaceHeld && dragging.present === null;
  };
  /** Whether a click with this sign has an object to work on. */
  const hasMeaning = (opposite: boolean) => {
    const object = parts.changes.active;
    const isEmpty = object === null || (object.prompt.clicks.length === 0 && object.prompt.start === null);
    return parts.aim.labelFor(opposite) === 'positive' || !isEmpty;
  };
  return {
    update() {
      const { hand, aim, changes, config, answers } = parts;
      const { crosshair, pointer } = hand;
      const base = promptBase(changes.active);
      const onMark = crosshair === null && pointer !== null && aim.clickAt(pointer.at) !== null;
      const at = crosshair ?? (pointer === null ? null : aim.pointAt(pointer.at));
      const opposite = crosshair === null && pointer?.opposite === true;
      if (!config.settings.preview || !isPossible() || at === null || onMark || !hasMeaning(opposite)) {
        answers.preview(base, null);
      } else {
        answers.preview(base, { ...at, label: aim.labelFor(opposite) });
      }
    },
    stop: () => parts.answers.preview(promptBase(parts.changes.active), null),
    anticipate(at, opposite) {
      if (!isPossible() || !hasMeaning(opposite)) return;
      const { changes, aim, answers } = parts;
      answers.anticipate(promptBase(changes.active), { ...at, label: aim.labelFor(opposite) });
    },
  };
}
