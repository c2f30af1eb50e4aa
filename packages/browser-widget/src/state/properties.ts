import type { SegmentOptions } from '@clickmask/core';
import { unexpected } from '@clickmask/core/errors';
import { copyPlain } from '@clickmask/core/session';
import { languageTag, type Messages } from '../i18n/index.js';
import { defaultShortcuts, type Shortcuts } from '../input/shortcuts.js';
import { type ObjectClass, parseClasses, takeClasses } from './classes.js';
import { choice, custom, flag, type Table, text } from './property.js';

/**
 * Options of `createAnnotator`. They are also properties of the annotator and of the element, which can be set at any
 * time.
 */
export interface AnnotatorProperties {
  readonly classes: readonly ObjectClass[];
  /** The class of new objects. Default: none. */
  readonly classId: string | null;
  /** Language tag. Default: the page's, else the browser's. */
  readonly locale: string;
  /** Texts that replace the catalogue's. */
  readonly messages: Partial<Messages>;
  /** Replaces all keys. */
  readonly shortcuts: Shortcuts;
  /** Refinement and clean-up of every request. */
  readonly segmentOptions: SegmentOptions;
  /** `plain` (default): the wheel zooms. `modifier`: it zooms only with Ctrl or ⌘, so that the page can scroll. */
  readonly wheel: 'plain' | 'modifier';
  /** The right mouse button makes clicks of the opposite sign. Default false. */
  readonly rightClick: boolean;
  /**
   * Controlled mode: the page holds the value. Events propose changes, which hold once the page sets them. Default
   * false.
   */
  readonly controlled: boolean;
  /** Nothing can be changed. Default false. */
  readonly readOnly: boolean;
  /**
   * Dropped or pasted images: `load` (default) shows them, `ignore` only keeps the browser on the page, `page` leaves
   * them to the page.
   */
  readonly files: 'load' | 'ignore' | 'page';
  /** Keeps each image's objects in the browser under this name for the next visit. Default: null (not kept). */
  readonly persist: string | null;
  /** Asks before the user leaves the page with unsaved changes. Default false. */
  readonly warnBeforeLeaving: boolean;
}

/** Copies an object. */
function objectFor<T extends object>(name: string, expected: string): (given: T) => T {
  return (given) => {
    const copy = copyPlain(given);
    if (typeof copy === 'object' && copy !== null && !Array.isArray(copy)) return copy;
    throw unexpected('bad-option', name, expected, given);
  };
}

/** Copies an object of texts. */
function textsFor<T extends object>(name: string): (given: T) => T {
  const expected = 'an object of texts';
  const take = objectFor<T>(name, expected);
  return (given) => {
    const copy = take(given);
    const odd = Object.values(copy).find((one) => one !== undefined && typeof one !== 'string') as unknown;
    if (odd === undefined) return copy;
    throw unexpected('bad-option', name, expected, odd);
  };
}

/** Every property, with its attribute where it has one. */
export const propertyTable: Table<AnnotatorProperties> = {
  classes: /*#__PURE__*/ custom<readonly ObjectClass[]>([], takeClasses, 'classes', parseClasses),
  classId: /*#__PURE__*/ text('class-id', (id) => id),
  locale: /*#__PURE__*/ custom('en', languageTag),
  messages: /*#__PURE__*/ custom<Partial<Messages>>({}, textsFor('messages')),
  shortcuts: /*#__PURE__*/ custom<Shortcuts>(defaultShortcuts, textsFor('shortcuts')),
  segmentOptions: /*#__PURE__*/ custom<SegmentOptions>({}, objectFor('segmentOptions', 'an object of options')),
  wheel: /*#__PURE__*/ choice('wheel', ['plain', 'modifier'], 'plain'),
  rightClick: /*#__PURE__*/ custom(
    false,
    (on) => on === true,
    'right-click',
    (text) => text === 'negative',
  ),
  controlled: /*#__PURE__*/ flag('controlled'),
  readOnly: /*#__PURE__*/ flag('readonly'),
  files: /*#__PURE__*/ choice('files', ['load', 'ignore', 'page'], 'load'),
  persist: /*#__PURE__*/ text('persist', (name) => (name === '' ? 'clickmask' : name)),
  warnBeforeLeaving: /*#__PURE__*/ flag('warn-before-leaving'),
};
