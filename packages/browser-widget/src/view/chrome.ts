import { directionOf } from '../i18n/index.js';
import type { Results } from '../results/results.js';
import type { AnnotatorState, AnnotatorStore } from '../state/state.js';
import { textsOf } from '../state/words.js';
import { createClassChips } from './controls/class-chips.js';
import type { ChromeActions } from './controls/control.js';
import { createHelpDialog } from './controls/help-dialog.js';
import { createObjectList } from './controls/object-list.js';
import { createReadings } from './controls/readings.js';
import { createSettingsBox } from './controls/settings-box.js';
import { createStageFrame } from './controls/stage-frame.js';
import { createStatusBar } from './controls/status-bar.js';
import { createToolbar } from './controls/toolbar.js';
import { element, focusedIn, setAttribute, setText } from './elements.js';

/** Everything around the stage: toolbar, panel, status line, settings and the list of keys. */
export interface Chrome {
  readonly root: HTMLElement;
  /** Gives the widget a width inside parents that size themselves by their content. */
  readonly breadth: HTMLElement;
  readonly stage: HTMLElement;
  destroy(): void;
}

let lastId = 0;

/** State that no control shows: it changes with every pointer move. */
const unseen: readonly (keyof AnnotatorState)[] = [
  'pointer',
  'crosshair',
  'viewport',
  'fitted',
  'stageSize',
  'preview',
  'draft',
  'drag',
  'spoken',
];

export function createChrome(store: AnnotatorStore, actions: ChromeActions, maskOf: Results['maskOf']): Chrome {
  const unique = `clickmask-${++lastId}`;
  const hint = element('p', { class: 'hidden', id: `${unique}-hint` });
  const frame = createStageFrame(hint.id);
  const toStage = () => frame.stage.focus();
  const toolbar = createToolbar({
    actions: {
      ...actions,
      overlay: (wanted) => actions.overlay(store.now.overlay === wanted ? null : wanted),
      closeSheet: () => store.now.overlay === 'more' && actions.overlay(null),
    },
    maskOf,
    settingsId: `${unique}-settings`,
  });
  const settings = createSettingsBox(`${unique}-settings`, actions.settings);
  const help = createHelpDialog(`${unique}-help`, () => actions.overlay(null));
  const chips = createClassChips(actions.chooseClass);
  const objects = createObjectList(actions, toStage);
  const status = createStatusBar(actions.retry, toStage);
  const readings = createReadings(actions.command);
  frame.element.append(readings.element);
  const panel = element('div', { class: 'panel', part: 'panel' }, chips.element, objects.element);
  const live = element('div', { class: 'hidden', role: 'status', 'aria-live': 'polite' });
  const layout = element('div', { class: 'layout' }, toolbar.element, frame.element, panel, status.element);
  const root = element('div', { class: 'root', part: 'root', role: 'group' });
  // The content follows the widget's width and so cannot give it one. These three elements do: one to three columns.
  const breadth = element('div', { class: 'breadth', 'aria-hidden': 'true' });
  breadth.append(element('i'), element('i'), element('i'));
  root.append(layout, settings.element, help.element, hint, live);

  const controls = [frame, toolbar, help, chips, objects, status, readings, settings];
  const update = () => {
    const state = store.now;
    const texts = textsOf(state);
    setAttribute(root, 'aria-label', texts.annotator);
    setAttribute(root, 'dir', directionOf(state.locale));
    setText(hint, texts.stageHint);
    const inSettings = settings.element.contains(focusedIn(root));
    for (const control of controls) control.update(state);
    if (inSettings && settings.element.hidden)
      toolbar.element.querySelector<HTMLElement>('[part~="settings"]')?.focus();
  };
  const soon = atEndOfTurn(update);
  const forget = store.subscribe((changed) => {
    if (changed.has('spoken')) announce(live, store.now.spoken.text);
    if ([...changed].some((cause) => !unseen.includes(cause))) soon.call();
  });
  update();
  return {
    root,
    breadth,
    stage: frame.stage,
    destroy() {
      forget();
      soon.cancel();
      root.remove();
      breadth.remove();
    },
  };
}

/** The same text set again would not be spoken. */
function announce(live: HTMLElement, text: string): void {
  live.textContent = live.textContent === text ? `${text}\u00a0` : text;
}

/** One update for all changes of this task. */
function atEndOfTurn(action: () => void) {
  let state: 'idle' | 'waiting' | 'ended' = 'idle';
  return {
    call() {
      if (state !== 'idle') return;
      state = 'waiting';
      queueMicrotask(() => {
        if (state === 'ended') return;
        state = 'idle';
        action();
      });
    },
    cancel() {
      state = 'ended';
    },
  };
}
