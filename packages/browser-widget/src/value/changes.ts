import { checkClicks, unexpected } from '@clickmask/core';
import type { Parts } from '../annotator/parts.js';
import type { Edit, NewObject } from './edits.js';
import { createValueHistory } from './history.js';
import { type AnnotatedObject, type AnnotatorValue, activeObject, type ChangeOrigin, emptyValue } from './value.js';

/** The value, how it is changed, undone and redone, and, in controlled mode, what is proposed to the page. */
export interface Changes {
  readonly value: AnnotatorValue;
  /** The object that clicks go to. */
  readonly active: AnnotatedObject | null;
  readonly canUndo: boolean;
  readonly canRedo: boolean;
  /** What an object that is made now starts with. */
  fresh(): NewObject;
  /** A change by the user: a step of the history. Does nothing while there is no picture, or nothing may be changed. */
  make(edit: Edit): void;
  /** An edit that belongs to a step made before, as an answer does. */
  amend(edit: Edit): void;
  step(direction: 'undo' | 'redo'): void;
  /** The page sets the value: takes over what was proposed, or puts another in its place. */
  set(value: AnnotatorValue): void;
  /** An empty value without history. */
  reset(): void;
}

export function createChanges(parts: Parts): Changes {
  const history = createValueHistory(emptyValue);
  let proposal: { readonly value: AnnotatorValue; readonly apply: () => void } | null = null;
  let nextNumber = 1;

  const settle = (origin: ChangeOrigin) => {
    const { hand, answers, screen } = parts;
    const object = activeObject(history.value);
    if (hand.selectedClick !== null && object?.prompt.clicks[hand.selectedClick] === undefined) {
      hand.selectedClick = null;
    }
    if (origin !== 'model') answers.ask();
    screen.refresh();
  };
  const commit = (value: AnnotatorValue, origin: ChangeOrigin, apply: () => void) => {
    if (value === history.value) return;
    if (parts.config.controlled && origin !== 'host') {
      proposal = { value, apply };
      parts.events.emit('change', { value, origin });
      return;
    }
    apply();
    parts.events.emit('change', { value: history.value, origin });
    settle(origin);
  };

  return {
    get value() {
      return history.value;
    },
    get active() {
      return activeObject(history.value);
    },
    get canUndo() {
      return history.canUndo;
    },
    get canRedo() {
      return history.canRedo;
    },
    fresh() {
      while (history.value.objects.some(({ id }) => id === `object-${nextNumber}`)) nextNumber++;
      return { id: `object-${nextNumber}`, classId: parts.config.classId };
    },
    make(edit) {
      if (parts.config.readOnly || parts.pictures.shown === null) return;
      const value = edit(history.value);
      parts.status.clear();
      commit(value, 'user', () => history.commit(value));
    },
    amend(edit) {
      const value = edit(history.value);
      // An answer to a click that was undone meanwhile belongs to its own step, not to what is shown.
      if (value === history.value) history.amend(edit);
      else commit(value, 'model', () => history.amend(edit));
    },
    step(direction) {
      const value = history.peek(direction);
      if (value === null || parts.config.readOnly) return;
      const { status, config } = parts;
      status.clear();
      commit(value, 'history', () => history.step(direction));
      status.say(direction === 'undo' ? config.texts.undone : config.texts.redone);
    },
    set(value) {
      const waiting = proposal;
      proposal = null;
      if (waiting !== null && waiting.value === value) {
        waiting.apply();
      } else {
        checkValue(value, parts.pictures.shown);
        if (parts.config.controlled) history.replace(value);
        else history.reset(value);
      }
      settle('host');
    },
    reset: () => history.reset(emptyValue),
  };
}

function checkValue(value: AnnotatorValue, size: { readonly width: number; readonly height: number } | null): void {
  if (!Array.isArray(value?.objects) || !('activeId' in value)) {
    throw unexpected('bad-option', 'value', '{ objects, activeId }', value);
  }
  const ids = new Set(value.objects.map(({ id }) => id));
  if (ids.size !== value.objects.length) {
    throw unexpected('bad-option', 'value.objects', 'objects with ids of their own', value.objects);
  }
  if (size === null) return;
  for (const { prompt } of value.objects) checkClicks(prompt.clicks, size);
}
