import { createSession, type Session } from '@clickmask/core';
import {
  type Edit,
  emptyValue,
  handOut,
  type NewObject,
  type SessionValue,
  sameContent,
  takeValue,
} from '@clickmask/core/session';
import type { Emitter } from '../annotator/emitter.js';
import { type AnnotatorStore, selectedOf } from '../state/state.js';
import type { Shelf } from './shelf.js';

/**
 * Who changed the value: the user's hand, the model's answer, or undo and redo. What the page does itself, as setting the
 * value or showing another image, is not told to it.
 */
export type ChangeOrigin = 'user' | 'model' | 'history';

/** The event of a change. */
export interface ChangeEvents {
  /** The value changed; in controlled mode: it is proposed, and holds once it is set. */
  readonly change: { readonly value: SessionValue; readonly origin: ChangeOrigin };
}

/** How a change by the user is made. */
export interface Step {
  /** Steps of the same run that follow each other are one for undo. */
  readonly run?: string;
  /** Called once the change holds; in controlled mode, when the page takes it over. */
  readonly done?: () => void;
}

/** How the value is changed, undone and redone, and, in controlled mode, what is proposed to the page. */
export interface Annotation {
  /** What the page reads: the value, or what it set for the image that is still to come. */
  readonly value: SessionValue;
  /** What an object that is made now starts with. */
  fresh(): NewObject;
  /** A change by the user: a step of the history. Does nothing while there is no image, or nothing may be changed. */
  make(edit: Edit, step?: Step): void;
  /** An edit that belongs to a step made before, as an answer does. */
  amend(edit: Edit): void;
  step(direction: 'undo' | 'redo', done?: () => void): void;
  /**
   * The page sets the value, and is taken at its word: what says the same as a proposal accepts it, what says the same as
   * the present value changes nothing. Before the image it is for is shown, it waits for that.
   *
   * @throws ClickmaskError for what is not a value, or not one of the image
   */
  set(given: SessionValue): void;
  /** Another image is asked for than the one that a value waits for. */
  forgetComing(): void;
  /**
   * Another image is shown: begins with the value that waited for it, else with what is remembered of it, else with an
   * empty one.
   *
   * @param name - the image's
   * @param kept - what an earlier visit left of it
   * @throws ClickmaskError where the value does not fit the image, which then has an empty one
   */
  begin(name: string | object, kept?: unknown): void;
}

interface Proposal {
  readonly value: SessionValue;
  readonly apply: () => void;
  readonly done?: () => void;
}

/** Proposals that the page may still take over: it may be slower than the user. */
const openProposals = 16;

export function createAnnotation(store: AnnotatorStore, events: Emitter<ChangeEvents>, shelf: Shelf): Annotation {
  let session: Session = createSession();
  let proposals: readonly Proposal[] = [];

  /** Whether what the page sets is for an image that is not shown yet. */
  const isEarly = () => store.now.picture === null || store.now.loading;
  const publish = () => {
    const { value, canUndo, canRedo } = session;
    store.set({ value, canUndo, canRedo });
    if (selectedOf(store.now) === null) store.set({ selectedClick: null });
  };
  const commit = (value: SessionValue, origin: ChangeOrigin, apply: () => void, done?: () => void) => {
    if (value === session.value) return;
    if (store.now.controlled) {
      proposals = [...proposals.slice(1 - openProposals), { value, apply, done }];
      events.emit('change', { value: handOut(value), origin });
      return;
    }
    // The page hears of the change before answers to it are asked for, which may be there at once.
    store.batch(() => {
      apply();
      publish();
      events.emit('change', { value: handOut(value), origin });
    });
    done?.();
  };
  const accept = (proposal: Proposal) => {
    proposals = proposals.slice(proposals.indexOf(proposal) + 1);
    proposal.apply();
    publish();
    proposal.done?.();
  };
  const put = (value: SessionValue) => {
    proposals = [];
    if (store.now.controlled) session.replace(value);
    else session.reset(value);
    publish();
  };

  return {
    get value() {
      return handOut((isEarly() ? shelf.coming : null) ?? session.value);
    },
    fresh: () => ({ classId: store.now.classId }),
    make(edit, { run, done } = {}) {
      if (store.now.readOnly || store.now.picture === null) return;
      const value = edit(session.value);
      store.set({ failure: null });
      commit(value, 'user', () => void session.edit(() => value, run), done);
    },
    amend(edit) {
      const value = edit(session.value);
      // An answer to a click that was undone meanwhile belongs to its own step, not to what is shown.
      if (value === session.value) session.amend(edit);
      else commit(value, 'model', () => session.amend(edit));
    },
    step(direction, done) {
      const value = session.peek(direction);
      if (value === null || store.now.readOnly) return;
      store.set({ failure: null });
      commit(value, 'history', () => void session[direction](), done);
    },
    set(given) {
      if (isEarly()) {
        shelf.coming = takeValue(given, null);
        return;
      }
      // The latest proposal first: two may say the same, as undoing a step and deleting what it made.
      const proposed = proposals.map(({ value }) => value).reverse();
      const known = [session.value, ...proposed, ...session.values];
      const value = takeValue(given, store.now.picture, known);
      const proposal = proposals.findLast((one) => one.value === value);
      if (proposal !== undefined) accept(proposal);
      else if (!isEcho(value, session.value)) put(value);
    },
    forgetComing() {
      shelf.coming = null;
    },
    begin(name, kept = null) {
      const waiting = shelf.coming;
      shelf.coming = null;
      // What the page takes over late belongs to the image before.
      proposals = [];
      session = waiting === null ? shelf.take(name) : createSession();
      const isFresh = session.value === emptyValue && !session.canUndo && !session.canRedo;
      const value = waiting ?? (isFresh ? (kept as SessionValue | null) : null);
      shelf.put(name, session);
      if (value === null) return publish();
      try {
        session.reset(takeValue(value, store.now.picture));
      } finally {
        publish();
      }
    },
  };
}

/** Whether a value says what the present one says, but for answers that came since it was handed out. */
function isEcho(value: SessionValue, present: SessionValue): boolean {
  if (value === present) return true;
  if (value.activeId !== present.activeId || value.objects.length !== present.objects.length) return false;
  return value.objects.every((object, i) => {
    const now = present.objects[i];
    if (object === now) return true;
    const { result: then, ...rest } = object;
    const { result: answered, ...others } = now;
    const isOlder = then === null || (answered !== null && then.prompt !== object.prompt);
    return isOlder && answered?.prompt === now.prompt && sameContent(rest, others);
  });
}
