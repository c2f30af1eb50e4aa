import type { Segmenter, SegmenterImage } from '@clickmask/core';
import { maskIou } from '@clickmask/core/masks';
import { needsResult, toPrompt } from '@clickmask/core/session';
import { type AnnotatorStore, activeOf, type Readings } from '../state/state.js';

/** Milliseconds after a first click before its other readings are requested, so that the next click goes first. */
const restMs = 120;

/** Readings with at least this IoU count as the same. */
const sameIou = 0.9;

/**
 * Requests the other readings of a first click, so that they can be shown. Not done with a server, where each would
 * cost a request.
 *
 * @returns a function that stops it
 */
export function watchReadings(
  store: AnnotatorStore,
  target: () => { readonly segmenter: Segmenter; readonly image: SegmenterImage } | null,
  name: string,
): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let asked: unknown = null;
  const stop = store.subscribe((changed) => {
    if (!changed.has('value') && !changed.has('readOnly')) return;
    // While the chosen reading is being computed, the list stays.
    const { readings } = store.now;
    if (readings !== null && readings.clicks !== firstClick(store)?.clicks) store.set({ readings: null });
    const wanted = wantedNow(store);
    if (wanted === null || wanted.clicks === asked) return;
    asked = wanted.clicks;
    clearTimeout(timer);
    timer = setTimeout(() => void ask(), restMs);
  });
  const ask = async () => {
    const prompt = wantedNow(store);
    const active = activeOf(store.now);
    const at = target();
    if (prompt === null || active?.result == null || at === null || at.segmenter.info.provider === 'remote') return;
    const { candidate, candidates, runs } = active.result;
    const masks: Readings['masks'][number][] = [];
    for (const { index } of candidates) {
      if (wantedNow(store)?.clicks !== prompt.clicks) return;
      try {
        const options = { ...store.now.segmentOptions, session: `${name}-readings`, candidate: index };
        const found =
          index === candidate ? runs : (await at.segmenter.segment(at.image, toPrompt(prompt), options)).runs;
        const isNew = found.spans.length > 0 && masks.every((other) => maskIou(other.runs, found) < sameIou);
        if (isNew) masks.push({ index, runs: found });
      } catch {
        // Other readings are optional: the click already has its answer.
        return;
      }
    }
    if (masks.length > 1 && wantedNow(store)?.clicks === prompt.clicks)
      store.set({ readings: { clicks: prompt.clicks, masks } });
  };
  return () => {
    clearTimeout(timer);
    stop();
  };
}

/** The prompt of an object that has one click and an unedited mask; null otherwise. */
function firstClick({ now }: AnnotatorStore) {
  const active = activeOf(now);
  if (active === null || now.readOnly || active.accepted) return null;
  const { prompt, painted, erased } = active;
  const isFirst = prompt.clicks.length === 1 && prompt.start === null && prompt.box === null;
  return isFirst && painted === null && erased === null ? prompt : null;
}

/** The same for an object that is answered and may have other readings. */
function wantedNow(store: AnnotatorStore) {
  const active = activeOf(store.now);
  const isOpen = active === null || needsResult(active) || (active.result?.candidates.length ?? 0) < 2;
  return isOpen ? null : firstClick(store);
}
