import { ClickmaskError, type MaskRuns } from '@clickmask/core';
import { type AnnotatedObject, maskOfObject } from '@clickmask/core/session';
import { type AnnotatorSettings, cleanUpFor } from '../state/settings.js';
import { type AnnotatorState, activeOf } from '../state/state.js';
import { type CleanUp, cleanRuns, createShaper } from './clean-up.js';
import { labelMapPng } from './png.js';
import { isOutlineFormat, type ResultFormat, type ResultOf, serializeResult } from './result.js';

/** What the values of a label map mean. */
export type LabelMapValues = 'object' | 'class';

/** Masks as shown and as handed out. */
export interface Results {
  /** The cleaned mask of an object; null if it has none yet. */
  maskOf(object: AnnotatedObject): MaskRuns | null;
  /** The same by id. Default: the active object, else the last. */
  getRuns(id?: string): MaskRuns | null;
  get<F extends ResultFormat>(format: F, id?: string): ResultOf<F> | null;
  getLabelMap(values: LabelMapValues): Promise<Blob> | null;
}

/** @param state - the annotator's present state */
export function createResults(state: () => AnnotatorState): Results {
  const shape = createShaper();
  let cleaning: { readonly settings: AnnotatorSettings; readonly picture: unknown; readonly value: CleanUp } | null =
    null;
  /** Returns the same object for the same settings and image: the shaper uses it as a cache key. */
  const cleanUp = (): CleanUp => {
    const { settings, picture } = state();
    if (cleaning === null || cleaning.settings !== settings || cleaning.picture !== picture) {
      const next = cleanUpFor(settings, picture ?? { width: 1, height: 1 });
      // Most settings do not touch masks.
      const isSame = cleaning !== null && JSON.stringify(cleaning.value) === JSON.stringify(next);
      cleaning = { settings, picture, value: isSame && cleaning !== null ? cleaning.value : next };
    }
    return cleaning.value;
  };
  const find = (id?: string): AnnotatedObject | null => {
    const { value } = state();
    if (id !== undefined) return value.objects.find((object) => object.id === id) ?? null;
    return activeOf(state()) ?? value.objects[value.objects.length - 1] ?? null;
  };
  const maskOf = (object: AnnotatedObject) => shape(object, cleanUp());
  return {
    maskOf,
    getRuns(id) {
      const object = find(id);
      return object === null ? null : maskOf(object);
    },
    get(format, id) {
      const object = find(id);
      const raw = object === null ? null : maskOfObject(object);
      if (object === null || raw === null) return null;
      const runs = isOutlineFormat(format) ? cleanRuns(raw, { ...cleanUp(), detail: 1 }) : maskOf(object);
      return runs === null ? null : serializeResult(format, runs, state().settings.detail);
    },
    getLabelMap(values) {
      const { picture, value: all, classes } = state();
      if (picture === null) return null;
      const { width, height } = picture;
      const layers = all.objects.flatMap((object, index) => {
        const runs = maskOf(object);
        const value = values === 'object' ? index + 1 : classes.findIndex(({ id }) => id === object.classId) + 1;
        return runs === null || value === 0 ? [] : [{ runs, value }];
      });
      const most = Math.max(0, ...layers.map(({ value }) => value));
      if (most > 255) {
        const message = `Expected at most 255 ${values === 'object' ? 'objects' : 'classes'} in a label map but there are ${most}. Take the objects one by one (getResult).`;
        throw new ClickmaskError('bad-format', message);
      }
      return labelMapPng({ width, height }, layers);
    },
  };
}
