import type { AnnotatorSettings } from '../annotator/settings.js';
import { fillIn, type Messages } from '../i18n/index.js';
import { type Command, keyOf, readableKey, type Shortcuts } from '../input/shortcuts.js';
import { element, setAttribute, setText } from './elements.js';
import { type IconName, icon } from './icons.js';
import { roveFocus } from './rove-focus.js';

/** A class as shown: all defaults filled in. */
export interface ShownClass {
  readonly id: string;
  readonly name: string;
  readonly colour: string;
}

export interface ShownObject {
  readonly id: string;
  readonly label: string;
  readonly colour: string;
  readonly active: boolean;
}

/** What the buttons, lists and lines around the stage show. */
export interface ChromeState {
  readonly settings: AnnotatorSettings;
  readonly canUndo: boolean;
  readonly canRedo: boolean;
  readonly canAccept: boolean;
  readonly canSwitch: boolean;
  readonly classes: readonly ShownClass[];
  /** The class of the active object, or the one the next object gets. */
  readonly classId: string | null;
  readonly objects: readonly ShownObject[];
  readonly status: string;
  readonly isError: boolean;
  readonly runtime: string;
  readonly busy: boolean;
  /** 0 to 1; null: unknown. */
  readonly progress: number | null;
  /** Shown over the picture; empty: nothing. */
  readonly notice: string;
}

export interface ChromeActions {
  command(command: Command): void;
  settings(change: Partial<AnnotatorSettings>): void;
  chooseClass(id: string | null): void;
  chooseObject(id: string): void;
  deleteObject(id: string): void;
  retry(): void;
}

/** All around the stage: toolbar, panel, status line, settings and the list of keys. */
export interface Chrome {
  readonly root: HTMLElement;
  readonly stage: HTMLElement;
  /** Puts the texts in place, in the language and with the keys given. */
  setTexts(messages: Messages, shortcuts: Shortcuts): void;
  update(state: ChromeState): void;
  /** Tells screen readers. */
  announce(text: string): void;
  showHelp(): void;
  /** Closes what is open over the widget; false where nothing is. */
  closeOverlays(): boolean;
}

let lastId = 0;

export function createChrome(actions: ChromeActions): Chrome {
  const unique = `clickmask-${++lastId}`;
  const stageHint = element('p', { class: 'hidden', id: `${unique}-hint` });
  const bar = element('div', { class: 'bar' }, element('i'));
  const notice = element('p', { class: 'notice' });
  const stage = element('div', {
    class: 'stage',
    part: 'stage',
    role: 'application',
    tabindex: 0,
    'aria-describedby': `${unique}-hint`,
  });
  const frame = element('div', { class: 'stage-frame' }, stage, bar, notice);
  const toolbar = element('div', { role: 'toolbar', part: 'toolbar' });
  const panel = element('div', { class: 'panel', part: 'panel' });
  const statusText = element('span', { class: 'text' });
  const runtime = element('span', { class: 'runtime' });
  const retry = element('button', { type: 'button', class: 'retry', hidden: true });
  const status = element('div', { class: 'status', part: 'status' }, statusText, retry, runtime);
  const live = element('div', { class: 'hidden', role: 'status', 'aria-live': 'polite' });
  const settingsBox = element('div', {
    class: 'settings',
    part: 'settings',
    role: 'group',
    id: `${unique}-settings`,
    hidden: true,
  });
  const help = element('dialog', { part: 'help', 'aria-labelledby': `${unique}-help` });
  const layout = element('div', { class: 'layout' }, toolbar, frame, panel, status);
  const root = element(
    'div',
    { class: 'root', part: 'root', role: 'group' },
    layout,
    settingsBox,
    help,
    stageHint,
    live,
  );
  retry.addEventListener('click', () => actions.retry());

  let messages: Messages;
  let shortcuts: Shortcuts;
  let state: ChromeState | null = null;
  const buttons = new Map<Command | 'settings', HTMLButtonElement>();
  let classKey = '';
  let objectKey = '';
  let inputs: { read(settings: AnnotatorSettings): void }[] = [];

  const keysOf = (command: Command) => {
    const key = keyOf(shortcuts, command);
    return key === null ? null : readableKey(key);
  };
  const toolButton = (
    command: Command | 'settings',
    name: IconName,
    label: string,
    extra: Record<string, string> = {},
  ) => {
    const key = command === 'settings' ? null : keysOf(command);
    const button = element(
      'button',
      {
        type: 'button',
        part: `button ${command}`,
        'aria-label': label,
        title: key === null ? label : `${label} (${key})`,
        tabindex: -1,
        ...extra,
      },
      icon(name),
    );
    button.addEventListener('click', () => {
      if (button.getAttribute('aria-disabled') === 'true') return;
      if (command === 'settings') toggleSettings();
      else actions.command(command);
    });
    buttons.set(command, button);
    return button;
  };
  const toggleSettings = (show = settingsBox.hidden) => {
    settingsBox.hidden = !show;
    const button = buttons.get('settings');
    if (button !== undefined) setAttribute(button, 'aria-expanded', show ? 'true' : 'false');
    if (show) settingsBox.querySelector('input')?.focus();
  };

  const buildToolbar = () => {
    buttons.clear();
    const group = (...children: Node[]) => element('div', { class: 'group' }, ...children);
    const accept = toolButton('accept', 'check', messages.accept, { class: 'primary' });
    accept.append(element('span', { class: 'label' }, messages.acceptShort));
    const positive = labelButton('positive', 'plus', messages.positive);
    const negative = labelButton('negative', 'minus', messages.negative);
    toolbar.replaceChildren(
      group(positive, negative),
      group(
        toolButton('tool-box', 'box', messages.box),
        toolButton('tool-brush', 'brush', messages.brush),
        toolButton('tool-eraser', 'eraser', messages.eraser),
        toolButton('tool-pan', 'pan', messages.pan),
      ),
      group(
        toolButton('undo', 'undo', messages.undo),
        toolButton('redo', 'redo', messages.redo),
        toolButton('next-candidate', 'candidate', messages.nextCandidate),
      ),
      group(
        toolButton('zoom-out', 'zoomOut', messages.zoomOut),
        toolButton('zoom-fit', 'fit', messages.zoomFit),
        toolButton('zoom-in', 'zoomIn', messages.zoomIn),
      ),
      group(
        toolButton('settings', 'settings', messages.settings, {
          'aria-expanded': 'false',
          'aria-controls': `${unique}-settings`,
        }),
        toolButton('help', 'help', messages.help),
        accept,
      ),
    );
    positive.tabIndex = 0;
  };
  const labelButtons: HTMLButtonElement[] = [];
  const labelButton = (label: 'positive' | 'negative', name: IconName, text: string) => {
    const key = keysOf('toggle-label');
    const button = element(
      'button',
      {
        type: 'button',
        part: `button ${label}`,
        class: label,
        'aria-label': text,
        title: key === null ? text : `${text} (${key})`,
        tabindex: -1,
      },
      icon(name),
    );
    button.addEventListener('click', () => actions.settings({ tool: 'click', label }));
    labelButtons.push(button);
    return button;
  };

  roveFocus(toolbar);

  const buildSettings = () => {
    inputs = [];
    const check = (key: 'preview' | 'outlineOnly' | 'largestPart' | 'fillHoles' | 'removeSpecks', text: string) => {
      const input = element('input', { type: 'checkbox', name: key });
      input.addEventListener('change', () => actions.settings({ [key]: input.checked }));
      inputs.push({ read: (settings) => (input.checked = settings[key]) });
      return element('label', {}, element('span', {}, text), input);
    };
    const range = (key: 'opacity' | 'detail' | 'brushRadius', text: string, min: number, max: number, step: number) => {
      const input = element('input', { type: 'range', name: key, min, max, step });
      input.addEventListener('input', () => actions.settings({ [key]: input.valueAsNumber }));
      inputs.push({
        read: (settings) => {
          if (input.valueAsNumber !== settings[key]) input.value = String(settings[key]);
        },
      });
      return element('label', {}, element('span', {}, text), input);
    };
    settingsBox.replaceChildren(
      range('opacity', messages.opacity, 0, 1, 0.05),
      check('outlineOnly', messages.outlineOnly),
      check('preview', messages.preview),
      range('detail', messages.detail, 0, 1, 0.05),
      check('largestPart', messages.largestPart),
      check('fillHoles', messages.fillHoles),
      check('removeSpecks', messages.removeSpecks),
      range('brushRadius', messages.brushSize, 2, 100, 1),
    );
    setAttribute(settingsBox, 'aria-label', messages.settings);
  };

  const buildHelp = () => {
    const rows: [string, Command[]][] = [
      [messages.moveCrosshair, ['crosshair-left', 'crosshair-right', 'crosshair-up', 'crosshair-down']],
      [
        messages.moveFinely,
        ['crosshair-left-fine', 'crosshair-right-fine', 'crosshair-up-fine', 'crosshair-down-fine'],
      ],
      [messages.placeClick, ['click']],
      [messages.placeOpposite, ['click-opposite']],
      [messages.pressTool, ['click']],
      [`${messages.positive} / ${messages.negative}`, ['toggle-label']],
      [messages.clickTool, ['tool-click']],
      [messages.cancel, ['cancel']],
      [messages.undo, ['undo']],
      [messages.redo, ['redo']],
      [messages.accept, ['accept']],
      [messages.deleteClick, ['delete']],
      [messages.nextCandidate, ['next-candidate']],
      [messages.selectClick, ['previous-click', 'next-click']],
      [messages.selectObject, ['previous-object', 'next-object']],
      [messages.chooseClass, ['class-1', 'class-2']],
      [messages.box, ['tool-box']],
      [messages.brush, ['tool-brush']],
      [messages.eraser, ['tool-eraser']],
      [messages.brushSize, ['brush-smaller', 'brush-larger']],
      [messages.pan, ['tool-pan']],
      [messages.zoomIn, ['zoom-in']],
      [messages.zoomOut, ['zoom-out']],
      [messages.zoomFit, ['zoom-fit']],
      [messages.outlineOnly, ['outline-only']],
      [messages.preview, ['preview']],
    ];
    const list = element('dl');
    for (const [text, commands] of rows) {
      const keys = commands.map(keysOf).filter((key) => key !== null);
      if (keys.length === 0) continue;
      list.append(element('dt', {}, ...keys.map((key) => element('kbd', {}, key))), element('dd', {}, text));
    }
    list.append(element('dt', {}, element('kbd', {}, 'Space')), element('dd', {}, messages.holdToPan));
    const close = element(
      'button',
      { type: 'button', 'aria-label': messages.close, title: messages.close },
      icon('close'),
    );
    close.addEventListener('click', () => help.close());
    help.replaceChildren(
      element('header', {}, element('h2', { id: `${unique}-help` }, messages.keyboard), close),
      list,
    );
  };

  const chips = element('div', { class: 'chips', role: 'radiogroup' });
  // As with all radio buttons, an arrow chooses.
  roveFocus(chips, (chip) => chip.click());
  const objects = element('ul', { class: 'objects' });
  const classTitle = element('h2');
  const objectTitle = element('h2');
  const noObjects = element('p', { class: 'empty' });
  const classSection = element('section', {}, classTitle, chips);
  panel.append(classSection, element('section', {}, objectTitle, noObjects, objects));

  const focused = () => (root.getRootNode() as Document | ShadowRoot).activeElement;
  const updateClasses = ({ classes, classId }: ChromeState) => {
    classSection.hidden = classes.length === 0;
    const key = JSON.stringify(classes);
    if (key !== classKey) {
      classKey = key;
      const chip = (id: string | null, name: string, colour: string, index: number) => {
        const button = element('button', { type: 'button', role: 'radio', 'data-id': id ?? '' });
        button.append(dot(colour), element('span', {}, name));
        const shortcut = index < 9 && id !== null ? keysOf(`class-${(index + 1) as 1}`) : null;
        if (shortcut !== null) button.append(element('kbd', { 'aria-hidden': 'true' }, shortcut));
        button.addEventListener('click', () => actions.chooseClass(id));
        return button;
      };
      chips.replaceChildren(
        ...classes.map(({ id, name, colour }, index) => chip(id, name, colour, index)),
        chip(null, messages.noClass, 'transparent', 9),
      );
    }
    const all = [...chips.querySelectorAll('button')];
    const checked = all.find((button) => (button.getAttribute('data-id') || null) === classId);
    for (const button of all) {
      setAttribute(button, 'aria-checked', button === checked ? 'true' : 'false');
      button.tabIndex = button === (checked ?? all[0]) ? 0 : -1;
    }
  };
  const updateObjects = ({ objects: shown }: ChromeState) => {
    noObjects.hidden = shown.length > 0;
    const key = JSON.stringify(shown.map(({ id, label, colour }) => [id, label, colour]));
    if (key !== objectKey) {
      objectKey = key;
      const inside = objects.contains(focused());
      objects.replaceChildren(
        ...shown.map(({ id, label, colour }) => {
          const choose = element('button', { type: 'button', part: 'object' }, dot(colour), element('span', {}, label));
          const text = `${messages.deleteObject}: ${label}`;
          const remove = element(
            'button',
            { type: 'button', 'aria-label': text, title: messages.deleteObject },
            icon('trash'),
          );
          choose.addEventListener('click', () => actions.chooseObject(id));
          remove.addEventListener('click', () => actions.deleteObject(id));
          return element('li', { 'data-id': id }, choose, remove);
        }),
      );
      if (inside) stage.focus();
    }
    for (const item of objects.children) {
      const active = shown.find(({ id }) => id === item.getAttribute('data-id'))?.active === true;
      setAttribute(item.children[0], 'aria-current', active ? 'true' : 'false');
    }
  };

  const update = (next: ChromeState) => {
    state = next;
    const { settings } = next;
    const pressed = (command: Command, on: boolean) => {
      const button = buttons.get(command);
      if (button !== undefined) setAttribute(button, 'aria-pressed', on ? 'true' : 'false');
    };
    const enabled = (command: Command, on: boolean) => {
      const button = buttons.get(command);
      if (button !== undefined) setAttribute(button, 'aria-disabled', on ? 'false' : 'true');
    };
    for (const button of labelButtons) {
      const on = settings.tool === 'click' && button.classList.contains(settings.label);
      setAttribute(button, 'aria-pressed', on ? 'true' : 'false');
    }
    pressed('tool-box', settings.tool === 'box');
    pressed('tool-brush', settings.tool === 'brush');
    pressed('tool-eraser', settings.tool === 'eraser');
    pressed('tool-pan', settings.tool === 'pan');
    enabled('undo', next.canUndo);
    enabled('redo', next.canRedo);
    enabled('next-candidate', next.canSwitch);
    enabled('accept', next.canAccept);
    setAttribute(stage, 'data-tool', settings.tool);
    for (const { read } of inputs) read(settings);
    updateClasses(next);
    updateObjects(next);
    setText(statusText, next.status);
    setAttribute(status, 'data-error', next.isError);
    if (!next.isError && focused() === retry) stage.focus();
    retry.hidden = !next.isError;
    setText(runtime, next.runtime);
    setText(notice, next.notice);
    setAttribute(bar, 'data-busy', next.busy);
    setAttribute(bar, 'data-known', next.progress !== null);
    bar.style.setProperty('--part', next.progress === null ? '30%' : `${Math.round(next.progress * 100)}%`);
  };

  return {
    root,
    stage,
    setTexts(newMessages, newShortcuts) {
      messages = newMessages;
      shortcuts = newShortcuts;
      labelButtons.length = 0;
      classKey = '';
      objectKey = '';
      buildToolbar();
      buildSettings();
      buildHelp();
      setAttribute(root, 'aria-label', messages.annotator);
      setAttribute(stage, 'aria-label', messages.stage);
      setAttribute(toolbar, 'aria-label', messages.toolbar);
      setAttribute(chips, 'aria-label', messages.classes);
      setText(stageHint, messages.stageHint);
      setText(classTitle, messages.classes);
      setText(objectTitle, messages.objects);
      setText(noObjects, messages.noObjects);
      setText(retry, messages.retry);
      if (state !== null) update(state);
    },
    update,
    announce(text) {
      // The same text twice would not be spoken again.
      live.textContent = live.textContent === text ? `${text}\u00a0` : text;
    },
    showHelp() {
      if (!help.open) help.showModal();
    },
    closeOverlays() {
      if (!settingsBox.hidden) {
        toggleSettings(false);
        buttons.get('settings')?.focus();
        return true;
      }
      return false;
    },
  };
}

/** The square that shows a colour. */
function dot(colour: string): HTMLElement {
  const made = element('span', { class: 'dot' });
  // An attribute would need a page that allows inline styles.
  made.style.setProperty('--colour', colour);
  return made;
}

/** The shown text of a class or object. */
export function objectLabel(messages: Messages, number: number, className: string | null): string {
  const name = fillIn(messages.object, { number });
  return className === null ? name : `${className} (${number})`;
}
