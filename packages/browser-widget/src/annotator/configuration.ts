import { languageTag, type Messages, messagesFor } from '../i18n/index.js';
import { defaultShortcuts } from '../input/shortcuts.js';
import type { ObjectClass } from '../value/value.js';
import type { ShownClass } from '../view/chrome.js';
import { palette } from '../view/colours.js';
import type { Annotator, AnnotatorOptions } from './api.js';
import type { Parts } from './parts.js';
import { type AnnotatorSettings, defaultSettings } from './settings.js';

/** What can be set on an annotator while it lives. Setting a field takes effect at once. */
export interface Configuration
  extends Pick<
    Annotator,
    | 'classes'
    | 'classId'
    | 'locale'
    | 'messages'
    | 'shortcuts'
    | 'controlled'
    | 'readOnly'
    | 'wheel'
    | 'rightClick'
    | 'segmentOptions'
  > {
  readonly settings: AnnotatorSettings;
  change(part: Partial<AnnotatorSettings>): void;
  /** The texts in use. */
  readonly texts: Messages;
  readonly shownClasses: readonly ShownClass[];
  percent(value: number): string;
  decimal(value: number): string;
}

export function createConfiguration(options: AnnotatorOptions, parts: Parts): Configuration {
  let settings: AnnotatorSettings = { ...defaultSettings, ...options.settings };
  let { classes = [], classId = null, messages = {}, shortcuts = defaultShortcuts, readOnly = false } = options;
  let locale = languageTag(options.locale ?? (document.documentElement.lang || globalThis.navigator.language));
  let shownClasses = show(classes);
  let texts = messagesFor(locale, messages);
  const setTexts = () => {
    texts = messagesFor(locale, messages);
    parts.chrome.setTexts(texts, shortcuts);
    parts.screen.refresh();
  };
  return {
    controlled: options.controlled ?? false,
    wheel: options.wheel ?? 'plain',
    rightClick: options.rightClick ?? false,
    segmentOptions: options.segmentOptions ?? {},
    get classes() {
      return classes;
    },
    set classes(next) {
      classes = next;
      shownClasses = show(next);
      parts.screen.refresh();
    },
    get classId() {
      return classId;
    },
    set classId(id) {
      classId = id;
      parts.screen.refresh();
    },
    get locale() {
      return locale;
    },
    set locale(tag) {
      locale = languageTag(tag);
      setTexts();
    },
    get messages() {
      return messages;
    },
    set messages(next) {
      messages = next;
      setTexts();
    },
    get shortcuts() {
      return shortcuts;
    },
    set shortcuts(next) {
      shortcuts = next;
      setTexts();
    },
    get readOnly() {
      return readOnly;
    },
    set readOnly(on) {
      readOnly = on;
      parts.previewing.update();
      parts.screen.refresh();
    },
    get settings() {
      return settings;
    },
    change(part) {
      settings = { ...settings, ...part };
      parts.events.emit('settings', { settings });
      parts.previewing.update();
      parts.screen.refresh();
    },
    get texts() {
      return texts;
    },
    get shownClasses() {
      return shownClasses;
    },
    percent: (value) => new Intl.NumberFormat(locale, { style: 'percent', maximumFractionDigits: 1 }).format(value),
    decimal: (value) => new Intl.NumberFormat(locale, { maximumFractionDigits: 2 }).format(value),
  };
}

function show(classes: readonly ObjectClass[]): readonly ShownClass[] {
  return classes.map(({ id, name = id, colour }, index) => ({
    id,
    name,
    colour: colour ?? palette[index % palette.length],
  }));
}
