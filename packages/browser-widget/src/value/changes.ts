import type { Parts } from '../annotator/parts.js';
import { checkValue } from './check-value.js';
import type { Edit, NewObject } from './edits.js';
import { createValueHistory } from './history.js';
import { type AnnotatedObject, type AnnotatorValue, activeObject, type ChangeOrigin, emptyValue } from './value.js';

/** How a change by the user is made. */
export interface Step {
  /** Steps of the same run that follow each other are one for undo. */
  readonly run?: string;
  /** Called once the change holds; in controlled mode, when the page takes it over. */
  readonly done?: () => void;
}

/** The value, how it is changed, undone and redone, and, in controlled mode, what is proposed to the page. */
export interface Changes {
  readonly value: AnnotatorValue;
  /** What the page set for the picture that is still to come; null: nothing. */
  readonly coming: AnnotatorValue | null;
  /** The object that clicks go to. */
  readonly active: AnnotatedObject | null;
  readonly canUndo: boolean;
  readonly canRedo: boolean;
  /** What an object that is made now starts with. */
  fresh(): NewObject;
  /** A change by the user: a step of the history. Does nothing while there is no picture, or nothing may be changed. */
  make(edit: Edit, step?: Step): void;
  /** An edit that belongs to a step made before, as an answer does. */
  amend(edit: Edit): void;
  step(direction: 'undo' | 'redo'): void;
  /**
   * The page sets the value: takes over what was proposed, or puts another in its place. Before the picture it is for is
   * shown, it waits for that.
   */
  set(value: AnnotatorValue): void;
  /** Another picture is asked for than the one that a value waits for. */
  forgetComing(): void;
  /**
   * Another picture is shown: begins with the value that waited for it, else with an empty one, without history.
   *
   * @throws ClickmaskError where the value does not fit the picture, which then has an empty one
   */
  reset(): void;
}

export function createChanges(parts: Parts): Changes {
  const history = createValueHistory(emptyValue);
  let proposal: { readonly value: AnnotatorValue; readonly apply: () => void; readonly done?: () => void } | null =
    null;
  /** What the latest step belongs to. */
  let run: string | undefined;
  let coming: AnnotatorValue | null = null;
  let nextNumber = 1;

  const settle = (origin: ChangeOrigin | 'host') => {
    const { hand, answers, screen } = parts;
    const object = activeObject(history.value);
    if (hand.selectedClick !== null && object?.prompt.clicks[hand.selectedClick] === undefined) {
      hand.selectedClick = null;
    }
    if (origin !== 'model') answers.ask();
    screen.refresh();
  };
  const commit = (value: AnnotatorValue, origin: ChangeOrigin, apply: () => void, done?: () => void) => {
    if (value === history.value) return;
    if (parts.config.controlled) {
      proposal = { value, apply, done };
      parts.events.emit('change', { value, origin });
      return;
    }
    apply();
    parts.events.emit('change', { value: history.value, origin });
    settle(origin);
    done?.();
  };

  return {
    get value() {
      return history.value;
    },
    get coming() {
      const { shown, loading } = parts.pictures;
      return shown === null || loading ? coming : null;
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
    make(edit, { run: next, done } = {}) {
      if (parts.config.readOnly || parts.pictures.shown === null) return;
      const value = edit(history.value);
      parts.status.clear();
      const apply = () => {
        if (next !== undefined && next === run) history.replace(value);
        else history.commit(value);
        run = next;
      };
      commit(value, 'user', apply, done);
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
      const apply = () => {
        history.step(direction);
        run = undefined;
      };
      const done = () => status.say(direction === 'undo' ? config.texts.undone : config.texts.redone);
      commit(value, 'history', apply, done);
    },
    set(value) {
      const { pictures, config } = parts;
      if (proposal?.value === value) {
        const { apply, done } = proposal;
        proposal = null;
        apply();
        settle('host');
        done?.();
      } else if (pictures.shown === null || pictures.loading) {
        checkValue(value, null);
        coming = value;
      } else {
        proposal = null;
        checkValue(value, pictures.shown);
        if (config.controlled) history.replace(value);
        else history.reset(value);
        run = undefined;
        settle('host');
      }
    },
    forgetComing() {
      coming = null;
    },
    reset() {
      const value = coming ?? emptyValue;
      coming = null;
      // An answer that the page takes over late belongs to the picture before.
      proposal = null;
      run = undefined;
      history.reset(emptyValue);
      checkValue(value, parts.pictures.shown);
      history.reset(value);
    },
  };
}
