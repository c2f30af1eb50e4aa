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
 * Who changed the value: the user, the model's answer, or undo and redo. Changes by the page (a value it sets, another
 * image) cause no event.
 */
export type ChangeOrigin = 'user' | 'model' | 'history';

/** The event of a change. */
export interface ChangeEvents {
  /** The value changed. In controlled mode the change is only proposed: it holds once the page sets it. */
  readonly change: { readonly value: SessionValue; readonly origin: ChangeOrigin };
}

/** How a change by the user is made. */
export interface Step {
  /** Consecutive steps of the same run count as one step for undo. */
  readonly run?: string;
  /** Called once the change holds. In controlled mode that is when the page takes it over. */
  readonly done?: () => void;
}

/** Changes the value, undoes and redoes, and in controlled mode proposes changes to the page. */
export interface Annotation {
  /** What the page reads: the value, or what the page set for an image that is not shown yet. */
  readonly value: SessionValue;
  /** The properties that a new object starts with. */
  fresh(): NewObject;
  /**
   * A change by the user, as one step of the history. Does nothing without an image, or when the value is read-only.
   */
  make(edit: Edit, step?: Step): void;
  /** An edit that belongs to an earlier step, such as an answer. */
  amend(edit: Edit): void;
  step(direction: 'undo' | 'redo', done?: () => void): void;
  /**
   * The page sets the value. A value equal to a proposal accepts the proposal. A value equal to the present one changes
   * nothing. A value for an image that is not shown yet waits for that image.
   *
   * @throws ClickmaskError if it is not a value, or not one of this image
   */
  set(given: SessionValue): void;
  /** A new image was requested, and it is not the one that the waiting value is for. */
  forgetComing(): void;
  /**
   * Another image is shown. It begins with the value that waited for it, else with what is remembered of it, else
   * empty.
   *
   * @param name - name of the image
   * @param kept - what an earlier visit left of it
   * @throws ClickmaskError if the value does not fit the image; the image then starts empty
   */
  begin(name: string | object, kept?: unknown): void;
}

interface Proposal {
  readonly value: SessionValue;
  readonly apply: () => void;
  readonly done?: () => void;
}

/** Proposals that the page may still accept. The page may be slower than the user. */
const openProposals = 16;

export function createAnnotation(store: AnnotatorStore, events: Emitter<ChangeEvents>, shelf: Shelf): Annotation {
  let session: Session = createSession();
  let proposals: readonly Proposal[] = [];

  /** Whether a value set now is for an image that is not shown yet. */
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
    // The page learns of the change first: an answer to it may arrive at once.
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
      // The click was undone meanwhile, so its answer belongs to its own step and not to the value shown.
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
      // Start with the latest proposal. Two proposals may be equal, for example after an undo and a deletion.
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
      // Proposals of the image before cannot be accepted any more.
      proposals = [];
      session = waiting === null ? shelf.take(name) : createSession();
      const isFresh = session.value === emptyValue && session.values.length === 1;
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

/** Whether a value equals the present one, apart from answers that arrived after it was handed out. */
function isEcho(value: SessionValue, present: SessionValue): boolean {
  if (value.activeId !== present.activeId || value.objects.length !== present.objects.length) return false;
  return value.objects.every((object, i) => {
    const now = present.objects[i];
    if (object === now) return true;
    const { result: then, ...rest } = object;
    const { result: answered, ...others } = now;
    const isOlder = then === null || then.prompt !== object.prompt;
    return isOlder && answered?.prompt === now.prompt && sameContent(rest, others);
  });
}
