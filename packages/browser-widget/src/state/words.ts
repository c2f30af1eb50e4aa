import type { AnnotatedObject } from '@clickmask/core/session';
import { fillIn, type Messages, messagesFor } from '../i18n/index.js';
import { palette } from '../view/colours.js';
import type { ObjectClass } from './classes.js';
import type { AnnotatorState } from './state.js';

/** A class with all defaults filled in. */
export interface ShownClass {
  readonly id: string;
  readonly name: string;
  readonly colour: string;
}

/** The texts in use. */
export function textsOf({ locale, messages }: Pick<AnnotatorState, 'locale' | 'messages'>): Messages {
  return messagesFor(locale, messages);
}

const shown = /*#__PURE__*/ new WeakMap<readonly ObjectClass[], readonly ShownClass[]>();

/** The classes with names and colours. Returns the same list for the same classes. */
export function shownClasses({ classes }: Pick<AnnotatorState, 'classes'>): readonly ShownClass[] {
  const known = shown.get(classes);
  if (known !== undefined) return known;
  const made = classes.map(({ id, name = id, colour }, index) => ({
    id,
    name,
    colour: colour ?? palette[index % palette.length],
  }));
  shown.set(classes, made);
  return made;
}

/** The colour of an object; with null, that of the object that the next click begins. */
export function colourOf(state: AnnotatorState, object: AnnotatedObject | null): string {
  const { objects } = state.value;
  const wanted = object === null ? state.classId : object.classId;
  const index = object === null ? objects.length : objects.findIndex(({ id }) => id === object.id);
  return shownClasses(state).find(({ id }) => id === wanted)?.colour ?? palette[index % palette.length];
}

/** The name of an object in lists and announcements. */
export function labelOf(state: AnnotatorState, index: number): string {
  const { classId } = state.value.objects[index];
  const className = shownClasses(state).find(({ id }) => id === classId)?.name ?? classId;
  const name = fillIn(textsOf(state).object, { number: index + 1 });
  return className === null ? name : `${className} (${index + 1})`;
}

export function percent({ locale }: Pick<AnnotatorState, 'locale'>, value: number): string {
  return new Intl.NumberFormat(locale, { style: 'percent', maximumFractionDigits: 1 }).format(value);
}

export function decimal({ locale }: Pick<AnnotatorState, 'locale'>, value: number): string {
  return new Intl.NumberFormat(locale, { maximumFractionDigits: 2 }).format(value);
}
