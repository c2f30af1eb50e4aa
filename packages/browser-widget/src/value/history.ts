import type { Edit } from './edits.js';
import type { AnnotatorValue } from './value.js';

/**
 * Undo and redo over whole values. Values share what did not change and masks are kept as runs, so a step is small; each
 * brings back clicks and masks together, and nothing has to be computed again.
 */
export interface ValueHistory {
  readonly value: AnnotatorValue;
  readonly canUndo: boolean;
  readonly canRedo: boolean;
  /** A step of the user: can be undone, and drops what could have been redone. */
  commit(value: AnnotatorValue): void;
  /** The value that one step back, or forth, would bring; null where there is none. */
  peek(direction: 'undo' | 'redo'): AnnotatorValue | null;
  step(direction: 'undo' | 'redo'): void;
  /** Applies an edit to every remembered value: how an answer that came late finds its step. */
  amend(edit: Edit): void;
  /** Puts a value in the place of the present one, without a step. */
  replace(value: AnnotatorValue): void;
  /** Puts a value in place and forgets all steps. */
  reset(value: AnnotatorValue): void;
}

/** @param limit - steps that are kept; the oldest go first */
export function createValueHistory(initial: AnnotatorValue, limit = 300): ValueHistory {
  let values: readonly AnnotatorValue[] = [initial];
  let at = 0;
  return {
    get value() {
      return values[at];
    },
    get canUndo() {
      return at > 0;
    },
    get canRedo() {
      return at < values.length - 1;
    },
    commit(value) {
      values = [...values.slice(Math.max(0, at + 1 - limit), at + 1), value];
      at = values.length - 1;
    },
    peek: (direction) => values[direction === 'undo' ? at - 1 : at + 1] ?? null,
    step(direction) {
      at = Math.min(values.length - 1, Math.max(0, direction === 'undo' ? at - 1 : at + 1));
    },
    amend(edit) {
      values = values.map(edit);
    },
    replace(value) {
      values = values.map((other, index) => (index === at ? value : other));
    },
    reset(value) {
      values = [value];
      at = 0;
    },
  };
}
