import type { Annotation } from '../annotation/annotation.js';
import { fillIn } from '../i18n/index.js';
import type { Command } from '../input/shortcuts.js';
import { announce, say } from '../state/say.js';
import { type AnnotatorSettings, changedSettings } from '../state/settings.js';
import { type AnnotatorStore, activeOf } from '../state/state.js';
import { percent, textsOf } from '../state/words.js';
import { fitPicture, showViewport } from '../view/show-viewport.js';
import { toStage, zoomViewport } from '../view/viewport.js';
import type { Crosshair } from './crosshair.js';
import { type Tool, type ToolName, toolKinds } from './kinds/registry.js';
import type { Selection } from './selection.js';

/** Runs the command of a key or button. Returns `false` if there was nothing to do. */
export type Commands = Readonly<Record<Command, () => unknown>>;

export interface CommandsOptions {
  readonly store: AnnotatorStore;
  readonly step: Annotation['step'];
  readonly selection: Selection;
  readonly crosshair: Pick<Crosshair, 'move' | 'press'>;
}

export function createCommands({ store, step, selection, crosshair }: CommandsOptions): Commands {
  const change = (part: Partial<AnnotatorSettings>) =>
    store.set({ settings: changedSettings(store.now.settings, part) });
  const settings = () => store.now.settings;
  const setTool = (tool: Tool) => () => {
    store.set({ drag: null });
    change({ tool: settings().tool === tool ? 'click' : tool });
  };
  const setRadius = (next: (radius: number) => number) => () =>
    change({ brushRadius: Math.min(100, Math.max(2, Math.round(next(settings().brushRadius)))) });
  const go = (direction: 'undo' | 'redo') => () =>
    step(direction, () => say(store, textsOf(store.now)[direction === 'undo' ? 'undone' : 'redone']));
  return {
    undo: go('undo'),
    redo: go('redo'),
    accept: selection.accept,
    delete: selection.remove,
    cancel: () => takeBack(store, selection),
    'toggle-label': () => change({ tool: 'click', label: settings().label === 'positive' ? 'negative' : 'positive' }),
    'tool-click': () => {
      store.set({ drag: null });
      change({ tool: 'click' });
    },
    ...toolCommands(setTool),
    'next-candidate': selection.nextReading,
    'brush-smaller': setRadius((radius) => radius / 1.25),
    'brush-larger': setRadius((radius) => radius * 1.25 + 1),
    'zoom-in': () => zoomBy(store, 1.4),
    'zoom-out': () => zoomBy(store, 1 / 1.4),
    'zoom-fit': () => fitPicture(store),
    'outline-only': () => change({ outlineOnly: !settings().outlineOnly }),
    preview: () => change({ preview: !settings().preview }),
    'previous-click': () => selection.stepClick(-1),
    'next-click': () => selection.stepClick(1),
    'previous-object': () => selection.stepObject(-1),
    'next-object': () => selection.stepObject(1),
    click: () => crosshair.press(false),
    'click-opposite': () => crosshair.press(true),
    help: () => store.set({ overlay: 'help' }),
    ...crosshairCommands(crosshair),
    ...classCommands(store, selection),
    'reading-1': () => selection.chooseReading(0),
    'reading-2': () => selection.chooseReading(1),
    'reading-3': () => selection.chooseReading(2),
    'reading-4': () => selection.chooseReading(3),
  };
}

type ToolCommand = `tool-${ToolName}`;
type CrosshairCommand = Extract<Command, `crosshair-${string}`>;
type ClassCommand = Extract<Command, `class-${number}`>;

function toolCommands(choose: (tool: Tool) => () => void): Readonly<Record<ToolCommand, () => void>> {
  const made = toolKinds.map(({ name }) => [`tool-${name}`, choose(name)] as const);
  return Object.fromEntries(made) as Record<ToolCommand, () => void>;
}

function crosshairCommands({ move }: Pick<Crosshair, 'move'>): Readonly<Record<CrosshairCommand, () => void>> {
  const directions = { left: [-1, 0], right: [1, 0], up: [0, -1], down: [0, 1] } as const;
  const steps = { '': 10, '-fast': 60, '-fine': 0 } as const;
  const made: Record<string, () => void> = {};
  for (const [direction, [dx, dy]] of Object.entries(directions)) {
    for (const [pace, step] of Object.entries(steps)) made[`crosshair-${direction}${pace}`] = () => move(dx, dy, step);
  }
  return made as Record<CrosshairCommand, () => void>;
}

function classCommands(store: AnnotatorStore, { chooseClass }: Selection): Readonly<Record<ClassCommand, () => void>> {
  const made: Record<string, () => void> = {};
  for (let place = 0; place < 9; place++) {
    made[`class-${place + 1}`] = () => {
      const chosen = store.now.classes[place];
      if (chosen !== undefined) chooseClass(chosen.id);
    };
  }
  return made as Record<ClassCommand, () => void>;
}

/** Escape: cancels one thing at a time, the most recent first. */
function takeBack(store: AnnotatorStore, selection: Selection): boolean {
  const { overlay, drag, selectedClick, settings, crosshair, readOnly } = store.now;
  if (overlay === 'settings' || overlay === 'more') store.set({ overlay: null });
  else if (drag !== null) store.set({ drag: null });
  else if (selectedClick !== null) store.set({ selectedClick: null });
  else if (settings.tool !== 'click') store.set({ settings: changedSettings(settings, { tool: 'click' }) });
  else if (crosshair !== null) store.set({ crosshair: null });
  else if (activeOf(store.now) !== null && !readOnly) selection.choose(null);
  else return false;
  return true;
}

function zoomBy(store: AnnotatorStore, factor: number): void {
  const { picture, viewport, stageSize, crosshair } = store.now;
  if (picture === null) return;
  const middle = { x: stageSize.width / 2, y: stageSize.height / 2 };
  const anchor = crosshair === null ? middle : toStage(viewport, crosshair);
  showViewport(store, zoomViewport(viewport, factor, anchor, picture, stageSize));
  const { scale } = store.now.viewport;
  announce(store, fillIn(textsOf(store.now).zoomLevel, { percent: percent(store.now, scale) }));
}
