import { bounds } from '@clickmask/core';
import type { Parts } from '../annotator/parts.js';
import { fillIn } from '../i18n/index.js';
import * as edits from '../value/edits.js';
import { needsResult } from '../value/value.js';

/** Which object and which click are worked on, and what is done with them as a whole. */
export interface Selection {
  choose(id: string | null): void;
  stepObject(by: number): void;
  stepClick(by: number): void;
  announceClick(): void;
  chooseClass(id: string | null): void;
  /** Shows the next reading of an ambiguous click. */
  nextCandidate(): void;
  /** Deletes the selected click, else the active object. */
  remove(): void;
  removeObject(id: string): void;
  /** Marks the active object as done and hands it to the page. */
  accept(): void;
  readonly canAccept: boolean;
}

export function createSelection(parts: Parts): Selection {
  const cycle = (count: number, at: number | null, by: number) =>
    count === 0 ? null : ((at ?? (by > 0 ? -1 : 0)) + by + count) % count;
  /** The mask of the active object, where it is whole and may be accepted. */
  const acceptable = () => {
    const object = parts.changes.active;
    if (object === null || parts.config.readOnly || needsResult(object)) return null;
    const runs = parts.results.maskOf(object);
    return runs === null || runs.spans.length === 0 ? null : { object, runs };
  };
  const selection: Selection = {
    choose(id) {
      const { hand, changes, status } = parts;
      const index = changes.value.objects.findIndex((object) => object.id === id);
      hand.selectedClick = null;
      const done = () => {
        if (index >= 0) status.say(status.labelOf(index));
      };
      if (id === changes.value.activeId) done();
      else changes.make(edits.select(id), { done });
    },
    stepObject(by) {
      const { objects, activeId } = parts.changes.value;
      const at = objects.findIndex(({ id }) => id === activeId);
      const next = cycle(objects.length, at < 0 ? null : at, by);
      if (next !== null) selection.choose(objects[next].id);
    },
    stepClick(by) {
      const { hand, changes, screen } = parts;
      hand.selectedClick = cycle(changes.active?.prompt.clicks.length ?? 0, hand.selectedClick, by);
      selection.announceClick();
      screen.refresh();
    },
    announceClick() {
      const { hand, changes, status, config } = parts;
      const clicks = changes.active?.prompt.clicks ?? [];
      const chosen = hand.selectedClick === null ? undefined : clicks[hand.selectedClick];
      if (chosen === undefined || hand.selectedClick === null) return;
      const { texts } = config;
      const kind = chosen.label === 'positive' ? texts.positive : texts.negative;
      status.say(fillIn(texts.clickSelected, { number: hand.selectedClick + 1, count: clicks.length, kind }));
    },
    chooseClass(id) {
      const { config, changes } = parts;
      config.classId = id;
      if (changes.active !== null) changes.make(edits.setClass(changes.active.id, id));
    },
    nextCandidate() {
      const { changes, status, config } = parts;
      const result = changes.active?.result;
      if (result == null || result.candidates.length < 2) return;
      const order = result.candidates.map(({ index }) => index);
      const place = (order.indexOf(result.candidate) + 1) % order.length;
      const text = fillIn(config.texts.candidateShown, { number: place + 1, count: order.length });
      changes.make(edits.chooseCandidate(order[place]), { done: () => status.say(text) });
    },
    remove() {
      const { hand, changes, status, config } = parts;
      const { active } = changes;
      if (active === null) return;
      if (hand.selectedClick === null) return selection.removeObject(active.id);
      changes.make(edits.removeClick(hand.selectedClick), {
        done() {
          hand.selectedClick = null;
          status.say(config.texts.clickDeleted);
        },
      });
    },
    removeObject(id) {
      const { changes, status, config } = parts;
      changes.make(edits.removeObject(id), { done: () => status.say(config.texts.objectDeleted) });
    },
    accept() {
      const ready = acceptable();
      if (ready === null) return;
      const { object, runs } = ready;
      const { changes, events, status, config } = parts;
      changes.make(edits.acceptActive(), {
        done() {
          events.emit('accept', {
            id: object.id,
            classId: object.classId,
            runs,
            bbox: bounds(runs),
            clicks: object.prompt.clicks,
            score: object.result?.score ?? null,
          });
          status.say(config.texts.accepted);
        },
      });
    },
    get canAccept() {
      return acceptable() !== null;
    },
  };
  return selection;
}
