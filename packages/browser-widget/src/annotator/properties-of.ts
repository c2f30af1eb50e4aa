import { type AnnotatorProperties, propertyTable } from '../state/properties.js';
import { taken } from '../state/property.js';
import type { AnnotatorStore } from '../state/state.js';

/** Adds an accessor for every property. Setting one takes effect at once. */
export function withProperties<T extends object>(target: T, store: AnnotatorStore): T & AnnotatorProperties {
  for (const name of Object.keys(propertyTable) as (keyof AnnotatorProperties)[]) {
    Object.defineProperty(target, name, {
      enumerable: true,
      get: () => store.now[name],
      set: (value: unknown) => store.set(taken<AnnotatorProperties>(propertyTable, { [name]: value })),
    });
  }
  return target as T & AnnotatorProperties;
}
