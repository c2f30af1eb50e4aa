import { expectInteger } from '../errors/index.js';
import type { Edit } from './edits.js';
import { type AnnotatedObject, activeObject, emptyValue, type SessionValue } from './value.js';

/** Options of {@link createSession}. */
export interface SessionOptions {
  /** The initial value. Default: no objects. */
  readonly value?: SessionValue;
  /** Number of steps that can be undone, at most 10,000. The oldest go first. Default 300. */
  readonly limit?: number;
}

/**
 * The annotation of one image: its objects, and every step with undo and redo. Values share what did not change, and
 * masks are runs, so a step is small. Each step restores clicks and masks together, so nothing is computed again.
 *
 * It does not call a network: `answerSession` does.
 */
export interface Session {
  readonly value: SessionValue;
  /** The object that receives clicks; null: the next click begins one. */
  readonly active: AnnotatedObject | null;
  readonly canUndo: boolean;
  readonly canRedo: boolean;
  /** All remembered values. */
  readonly values: readonly SessionValue[];
  /**
   * Adds a step that can be undone, and drops steps that could be redone.
   *
   * @param run - consecutive steps of the same run count as one for undo
   * @returns whether it changed anything
   */
  edit(edit: Edit, run?: string): boolean;
  /** Applies an edit to every remembered value. A late answer finds its step this way. */
  amend(edit: Edit): void;
  /** The value one step back or forward; null if there is none. */
  peek(direction: 'undo' | 'redo'): SessionValue | null;
  /** @returns whether there was a step */
  undo(): boolean;
  redo(): boolean;
  /** Replaces the present value without a step. */
  replace(value: SessionValue): void;
  /** Replaces the value and forgets all steps. */
  reset(value: SessionValue): void;
}

/**
 * Starts a session for one image.
 *
 * @throws ClickmaskError `bad-option`
 *
 * @example
 * ```ts
 * import { addClick, createSession } from '@clickmask/core/session';
 *
 * const session = createSession();
 * session.edit(addClick({ x: 320, y: 240, label: 'positive' }));
 * session.edit(addClick({ x: 40, y: 40, label: 'negative' }));
 * session.undo();
 * console.log(session.active?.prompt.clicks.length, session.canRedo); // 1 true
 * ```
 */
export function createSession({ value: initial = emptyValue, limit = 300 }: SessionOptions = {}): Session {
  expectInteger('bad-option', 'limit', limit, 0, 10_000);
  let values: readonly SessionValue[] = [initial];
  let at = 0;
  /** The run of the latest step. */
  let latestRun: string | undefined;

  const go = (to: number): boolean => {
    if (values[to] === undefined) return false;
    at = to;
    latestRun = undefined;
    return true;
  };
  const replace = (value: SessionValue) => {
    values = values.map((other, index) => (index === at ? value : other));
  };

  return {
    get value() {
      return values[at];
    },
    get active() {
      return activeObject(values[at]);
    },
    get canUndo() {
      return at > 0;
    },
    get canRedo() {
      return at < values.length - 1;
    },
    get values() {
      return values;
    },
    edit(edit, run) {
      const value = edit(values[at]);
      if (value === values[at]) return false;
      if (run !== undefined && run === latestRun) {
        values = [...values.slice(0, at), value];
      } else {
        values = [...values.slice(Math.max(0, at + 1 - limit), at + 1), value];
        at = values.length - 1;
      }
      latestRun = run;
      return true;
    },
    amend(edit) {
      values = values.map(edit);
    },
    peek: (direction) => values[direction === 'undo' ? at - 1 : at + 1] ?? null,
    undo: () => go(at - 1),
    redo: () => go(at + 1),
    replace,
    reset(value) {
      values = [value];
      go(0);
    },
  };
}
