import type { Command } from '../../input/shortcuts.js';
import type { Results } from '../../results/results.js';
import { type AnnotatorState, activeOf } from '../../state/state.js';
import { textsOf } from '../../state/words.js';
import { toolKinds } from '../../tools/kinds/registry.js';
import { acceptable } from '../../tools/selection.js';
import { element, setAttribute, whenChanged } from '../elements.js';
import { type IconName, icon } from '../icons.js';
import { roveFocus } from '../rove-focus.js';
import { type ChromeActions, type Control, keyText, wording } from './control.js';

/** Label, icon and action of each button. */
interface ButtonPlan {
  readonly name: string;
  readonly icon: Parameters<typeof icon>[0];
  readonly label: (state: AnnotatorState) => string;
  /** The command whose key is in the tooltip. */
  readonly key?: Command;
  readonly press: () => void;
  /** For a toggle button: whether it is pressed. */
  readonly pressed?: (state: AnnotatorState) => boolean;
  readonly enabled?: (state: AnnotatorState) => boolean;
  /** For a button that opens something: whether that is open. */
  readonly expanded?: (state: AnnotatorState) => boolean;
  readonly attributes?: Readonly<Record<string, string>>;
  /** A text on the button, beside the icon. */
  readonly text?: (state: AnnotatorState) => string;
}

export interface ToolbarOptions {
  readonly actions: Pick<ChromeActions, 'command' | 'settings' | 'overlay'> & { closeSheet(): void };
  readonly maskOf: Results['maskOf'];
  /** Id of the settings box. */
  readonly settingsId: string;
}

/** The row of tools. */
export function createToolbar(options: ToolbarOptions): Control {
  const toolbar = element('div', { role: 'toolbar', part: 'toolbar' });
  const groups = planToolbar(options);
  const buttons = groups.map((plans) => plans.map((plan) => ({ plan, button: makeButton(plan) })));
  const [label, history, tools, looking, boxes, ends] = buttons.map((made) => made.map(({ button }) => button));
  // One row on a wide stage. On a narrow one, less used buttons are in a sheet.
  const group = (list: readonly HTMLElement[], name = '') => element('div', { class: `group ${name}`.trim() }, ...list);
  const rest = element(
    'div',
    { class: 'sheet', id: `${options.settingsId}-more` },
    ...[tools, looking, boxes].map((list) => group(list)),
  );
  toolbar.append(group(label), group(history), rest, group(ends, 'end'));
  label[0].tabIndex = 0;
  // A choice closes the sheet. Buttons that open something else have already closed it.
  rest.addEventListener('click', () => options.actions.closeSheet());
  roveFocus(toolbar);
  const all = buttons.flat();
  const rename = whenChanged(wording, (state: AnnotatorState) => {
    setAttribute(toolbar, 'aria-label', textsOf(state).toolbar);
    for (const { plan, button } of all) nameButton(plan, button, state);
  });
  return {
    element: toolbar,
    update(state) {
      rename(state);
      setAttribute(toolbar, 'data-more', state.overlay === 'more');
      // If the selected tool's button is in the sheet, the sheet's button shows it.
      setAttribute(ends[0], 'data-active', state.settings.tool !== 'click');
      for (const { plan, button } of all) {
        if (plan.pressed !== undefined) setAttribute(button, 'aria-pressed', String(plan.pressed(state)));
        if (plan.enabled !== undefined) setAttribute(button, 'aria-disabled', String(!plan.enabled(state)));
        if (plan.expanded !== undefined) setAttribute(button, 'aria-expanded', String(plan.expanded(state)));
      }
    },
  };
}

function planToolbar({ actions, maskOf, settingsId }: ToolbarOptions): readonly (readonly ButtonPlan[])[] {
  const label = (name: 'positive' | 'negative', drawing: IconName): ButtonPlan => ({
    name,
    icon: drawing,
    label: (state) => textsOf(state)[name],
    key: 'toggle-label',
    press: () => actions.settings({ tool: 'click', label: name }),
    pressed: ({ settings }) => settings.tool === 'click' && settings.label === name,
    attributes: { class: name },
  });
  const command = (
    name: Command,
    drawing: ButtonPlan['icon'],
    text: (state: AnnotatorState) => string,
    rest: Partial<ButtonPlan> = {},
  ): ButtonPlan => ({
    name,
    icon: drawing,
    label: text,
    key: name,
    press: () => actions.command(name),
    ...rest,
  });
  const tools = toolKinds.map(({ name, icon: path }) =>
    command(`tool-${name}`, path, (state) => textsOf(state)[name], {
      pressed: ({ settings }) => settings.tool === name,
    }),
  );
  const labels = [label('positive', 'plus'), label('negative', 'minus')];
  const history = [
    command('undo', 'undo', (state) => textsOf(state).undo, {
      enabled: ({ canUndo, readOnly }) => canUndo && !readOnly,
    }),
    command('redo', 'redo', (state) => textsOf(state).redo, {
      enabled: ({ canRedo, readOnly }) => canRedo && !readOnly,
    }),
  ];
  const looking = [
    command('next-candidate', 'candidate', (state) => textsOf(state).nextCandidate, {
      enabled: (state) => (activeOf(state)?.result?.candidates.length ?? 0) > 1 && !state.readOnly,
    }),
    command('zoom-out', 'zoomOut', (state) => textsOf(state).zoomOut),
    command('zoom-fit', 'fit', (state) => textsOf(state).zoomFit),
    command('zoom-in', 'zoomIn', (state) => textsOf(state).zoomIn),
  ];
  const boxes = [
    {
      name: 'settings',
      icon: 'settings',
      label: (state: AnnotatorState) => textsOf(state).settings,
      press: () => actions.overlay('settings'),
      expanded: ({ overlay }: AnnotatorState) => overlay === 'settings',
      attributes: { 'aria-controls': settingsId },
    },
    command('help', 'help', (state) => textsOf(state).help),
  ] as const;
  const ends = [
    {
      name: 'more',
      icon: 'more',
      label: (state: AnnotatorState) => textsOf(state).more,
      press: () => actions.overlay('more'),
      expanded: ({ overlay }: AnnotatorState) => overlay === 'more',
      attributes: { class: 'more', 'aria-controls': `${settingsId}-more` },
    },
    command('accept', 'check', (state) => textsOf(state).accept, {
      enabled: (state) => acceptable(state, maskOf) !== null,
      text: (state) => textsOf(state).acceptShort,
      attributes: { class: 'primary' },
    }),
  ] as const;
  return [labels, history, tools, looking, boxes, ends];
}

function makeButton(plan: ButtonPlan): HTMLButtonElement {
  const { name, icon: drawing, press, attributes = {}, text } = plan;
  const button = element(
    'button',
    { type: 'button', part: `button ${name}`, tabindex: -1, ...attributes },
    icon(drawing),
  );
  if (text !== undefined) button.append(element('span', { class: 'label' }));
  button.addEventListener('click', () => {
    if (button.getAttribute('aria-disabled') !== 'true') press();
  });
  return button;
}

function nameButton({ label, key, text }: ButtonPlan, button: HTMLButtonElement, state: AnnotatorState): void {
  const name = label(state);
  const keys = key === undefined ? null : keyText(state, key);
  setAttribute(button, 'aria-label', name);
  setAttribute(button, 'title', keys === null ? name : `${name} (${keys})`);
  if (text !== undefined) button.querySelector('.label')!.textContent = text(state);
}
