import type { AnnotatorEvents } from '../src/annotator/api.js';
import { createEmitter } from '../src/annotator/emitter.js';
import type { Parts } from '../src/annotator/parts.js';
import { defaultSettings } from '../src/annotator/settings.js';
import { messagesFor } from '../src/i18n/index.js';
import { createAim } from '../src/tools/aim.js';
import { createHand } from '../src/tools/hand.js';
import { createChanges } from '../src/value/changes.js';
import type { AnnotatorValue } from '../src/value/value.js';
import type { Viewport } from '../src/view/viewport.js';

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** The parts of an annotator without a page: the value is real, what is seen and asked only notes what it was told. */
export interface FakeParts {
  readonly parts: Writable<Parts>;
  readonly config: { controlled: boolean; readOnly: boolean };
  readonly pictures: { shown: { width: number; height: number } | null; loading: boolean };
  /** What was said, and what was asked for (`ask`). */
  readonly told: string[];
  /** The values of `change` events, with their origins. */
  readonly changes: { readonly value: AnnotatorValue; readonly origin: string }[];
}

export function fakeParts(): FakeParts {
  const told: string[] = [];
  const changes: FakeParts['changes'] = [];
  const note = (text: string) => void told.push(text);
  const nothing = () => {};
  const config = {
    controlled: false,
    readOnly: false,
    classId: null,
    classes: [],
    shownClasses: [],
    settings: defaultSettings,
    texts: messagesFor('en'),
    segmentOptions: {},
    percent: String,
    decimal: String,
    change: nothing,
  };
  const pictures = { shown: { width: 100, height: 50 }, loading: false, target: null, segmenter: null, ready: true };
  const status = {
    failure: null as Error | null,
    say: note,
    announce: note,
    describe: (result: { prompt: { clicks: readonly { x: number }[] } }) =>
      note(`mask of ${result.prompt.clicks.map(({ x }) => x)}`),
    fail: (error: Error) => {
      status.failure = error;
    },
    clear: () => {
      status.failure = null;
    },
    labelOf: (index: number) => `Object ${index + 1}`,
  };
  const parts = {
    events: createEmitter<AnnotatorEvents>(),
    hand: createHand(),
    config,
    pictures,
    status,
    answers: { ask: () => note('ask'), preview: nothing },
    previewing: { update: nothing, stop: nothing },
    dragging: { present: null, cancel: nothing, to: nothing },
    screen: { refresh: nothing },
    results: { maskOf: () => null },
    stage: {
      invalidate: nothing,
      size: { width: 150, height: 100 },
      viewport: { scale: 2, x: 0, y: 0 },
      setViewport(viewport: Viewport) {
        parts.stage = { ...parts.stage, viewport };
      },
    },
    chrome: { closeOverlays: () => false, setTexts: nothing },
  } as unknown as Writable<Parts>;
  parts.aim = createAim(parts);
  parts.changes = createChanges(parts);
  parts.events.on('change', (event) => changes.push(event));
  return { parts, config, pictures: pictures as FakeParts['pictures'], told, changes };
}
