import { bounds, type Click, type MaskRuns } from '@clickmask/core';
import type { Rect } from '@clickmask/core/masks';
import {
  acceptActive,
  chooseCandidate,
  needsResult,
  removeClick,
  removeObject,
  select,
  setClass,
} from '@clickmask/core/session';
import type { Annotation } from '../annotation/annotation.js';
import type { Emitter } from '../annotator/emitter.js';
import { fillIn } from '../i18n/index.js';
import type { Results } from '../results/results.js';
import { say } from '../state/say.js';
import { type AnnotatorState, type AnnotatorStore, activeOf, selectedOf } from '../state/state.js';
import { labelOf, textsOf } from '../state/words.js';

/** An accepted object, as given to the page. */
export interface AcceptedObject {
  readonly id: string;
  readonly classId: string | null;
  /** The cleaned mask. */
  readonly runs: MaskRuns;
  readonly bbox: Rect | null;
  readonly clicks: readonly Click[];
  readonly score: number | null;
}

export interface SelectionEvents {
  readonly accept: AcceptedObject;
}

/** Selects objects and clicks, and deletes, accepts or switches them as a whole. */
export interface Selection {
  choose(id: string | null): void;
  stepObject(by: number): void;
  stepClick(by: number): void;
  announceClick(): void;
  chooseClass(id: string | null): void;
  /** Chooses a reading of an ambiguous click by its index. */
  chooseReading(place: number): void;
  /** Shows the next reading of an ambiguous click. */
  nextReading(): void;
  /** Deletes the selected click, else the active object. */
  remove(): void;
  removeObject(id: string): void;
  /** Marks the active object as done and gives it to the page. */
  accept(): void;
}

export interface SelectionOptions {
  readonly store: AnnotatorStore;
  readonly make: Annotation['make'];
  readonly maskOf: Results['maskOf'];
  readonly events: Emitter<SelectionEvents>;
}

export function createSelection({ store, make, maskOf, events }: SelectionOptions): Selection {
  const texts = () => textsOf(store.now);
  const selection: Selection = {
    choose(id) {
      const index = store.now.value.objects.findIndex((object) => object.id === id);
      store.set({ selectedClick: null });
      const done = () => {
        if (index >= 0) say(store, labelOf(store.now, index));
      };
      if (id === store.now.value.activeId) done();
      else make(select(id), { done });
    },
    stepObject(by) {
      const { objects, activeId } = store.now.value;
      const at = objects.findIndex(({ id }) => id === activeId);
      const next = cycle(objects.length, at < 0 ? null : at, by);
      if (next !== null) selection.choose(objects[next].id);
    },
    stepClick(by) {
      const count = activeOf(store.now)?.prompt.clicks.length ?? 0;
      store.set({ selectedClick: cycle(count, store.now.selectedClick, by) });
      selection.announceClick();
    },
    announceClick() {
      const selected = selectedOf(store.now);
      const count = activeOf(store.now)?.prompt.clicks.length ?? 0;
      if (selected === null) return;
      const kind = texts()[selected.click.label];
      say(store, fillIn(texts().clickSelected, { number: selected.index + 1, count, kind }));
    },
    chooseClass(id) {
      const active = activeOf(store.now);
      store.set({ classId: id });
      if (active !== null) make(setClass(active.id, id));
    },
    chooseReading(place) {
      const { candidates = [], candidate } = activeOf(store.now)?.result ?? {};
      const shown = store.now.readings?.masks ?? candidates;
      if (shown[place] === undefined || shown[place].index === candidate) return;
      const text = fillIn(texts().candidateShown, { number: place + 1, count: shown.length });
      make(chooseCandidate(shown[place].index), { done: () => say(store, text) });
    },
    nextReading() {
      const result = activeOf(store.now)?.result;
      if (result == null) return;
      const shown = store.now.readings?.masks ?? result.candidates;
      const place = shown.findIndex(({ index }) => index === result.candidate);
      selection.chooseReading((place + 1) % shown.length);
    },
    remove() {
      const active = activeOf(store.now);
      const { selectedClick } = store.now;
      if (active === null) return;
      if (selectedClick === null) return selection.removeObject(active.id);
      make(removeClick(selectedClick), {
        done() {
          store.set({ selectedClick: null });
          say(store, texts().clickDeleted);
        },
      });
    },
    removeObject: (id) => make(removeObject(id), { done: () => say(store, texts().objectDeleted) }),
    accept() {
      const ready = acceptable(store.now, maskOf);
      if (ready === null) return;
      const { id, classId, prompt, result } = ready.object;
      const clicks = prompt.clicks.map((click) => ({ ...click }));
      make(acceptActive(), {
        done() {
          const { runs } = ready;
          events.emit('accept', { id, classId, runs, bbox: bounds(runs), clicks, score: result?.score ?? null });
          say(store, texts().accepted);
        },
      });
    },
  };
  return selection;
}

/** The active object and its mask, if the mask is complete and may be accepted. */
export function acceptable(state: AnnotatorState, maskOf: Results['maskOf']) {
  const object = activeOf(state);
  if (object === null || state.readOnly || needsResult(object)) return null;
  const runs = maskOf(object);
  return runs === null || runs.spans.length === 0 ? null : { object, runs };
}

function cycle(count: number, at: number | null, by: number): number | null {
  return count === 0 ? null : ((at ?? (by > 0 ? -1 : 0)) + by + count) % count;
}
