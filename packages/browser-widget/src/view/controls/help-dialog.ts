import type { Command } from '../../input/shortcuts.js';
import type { AnnotatorState } from '../../state/state.js';
import { textsOf } from '../../state/words.js';
import { toolKinds } from '../../tools/kinds/registry.js';
import { element, setAttribute, whenChanged } from '../elements.js';
import { icon } from '../icons.js';
import { type Control, keyText, wording } from './control.js';

/** What mouse, fingers and keys do. */
export function createHelpDialog(id: string, close: () => void): Control {
  const help = element('dialog', { part: 'help', 'aria-labelledby': id });
  const title = element('h2', { id });
  const button = element('button', { type: 'button' }, icon('close'));
  const list = element('div');
  button.addEventListener('click', () => help.close());
  help.addEventListener('close', close);
  help.append(element('header', {}, title, button), list);
  const rename = whenChanged(
    (state: AnnotatorState) => [...wording(state), state.classes, state.rightClick],
    (state) => {
      const texts = textsOf(state);
      title.textContent = texts.help;
      setAttribute(button, 'aria-label', texts.close);
      setAttribute(button, 'title', texts.close);
      list.replaceChildren(...sectionsOf(state));
    },
  );
  return {
    element: help,
    update(state) {
      rename(state);
      const isOpen = state.overlay === 'help';
      if (isOpen && !help.open) help.showModal();
      if (!isOpen && help.open) help.close();
    },
  };
}

type Row = readonly [keys: readonly string[], text: string];

function sectionsOf(state: AnnotatorState): readonly HTMLElement[] {
  const texts = textsOf(state);
  const away = [texts.gestureTurned, ...(state.rightClick ? [texts.gestureRight] : [])];
  return [
    ...section(texts.mouse, [
      [[texts.gestureClick], texts.positive],
      [away, texts.negative],
      [[texts.gestureDrag], `${texts.pan}; ${texts.moveClick}`],
      [[texts.gestureWheel], texts.zoom],
    ]),
    ...section(texts.touch, [
      [[texts.gestureTap], texts.positive],
      [[texts.gestureHold], texts.negative],
      [[texts.gesturePinch], texts.zoomAndMove],
    ]),
    ...section(texts.keyboard, keyRows(state)),
  ];
}

function section(title: string, rows: readonly Row[]): readonly HTMLElement[] {
  const list = element('dl');
  for (const [keys, text] of rows) {
    list.append(element('dt', {}, ...keys.map((key) => element('kbd', {}, key))), element('dd', {}, text));
  }
  return [element('h3', {}, title), list];
}

function keyRows(state: AnnotatorState): readonly Row[] {
  const texts = textsOf(state);
  const rows = entriesOf(state).flatMap(([text, commands]): readonly Row[] => {
    const keys = commands.map((command) => keyText(state, command)).filter((key) => key !== null);
    return keys.length === 0 ? [] : [[keys, text]];
  });
  return [...rows, [['Space'], texts.holdToPan]];
}

/** One key for each class, as far as the digits reach. */
function entriesOf(state: AnnotatorState): readonly (readonly [string, readonly Command[]])[] {
  const texts = textsOf(state);
  const classes = state.classes.slice(0, 9).map((_, place) => `class-${place + 1}` as Command);
  return [
    [texts.moveCrosshair, ['crosshair-left', 'crosshair-right', 'crosshair-up', 'crosshair-down']],
    [texts.moveFinely, ['crosshair-left-fine', 'crosshair-right-fine', 'crosshair-up-fine', 'crosshair-down-fine']],
    [texts.placeClick, ['click']],
    [texts.placeOpposite, ['click-opposite']],
    [texts.pressTool, ['click']],
    [`${texts.positive} / ${texts.negative}`, ['toggle-label']],
    [texts.clickTool, ['tool-click']],
    [texts.cancel, ['cancel']],
    [texts.undo, ['undo']],
    [texts.redo, ['redo']],
    [texts.accept, ['accept']],
    [texts.deleteClick, ['delete']],
    [texts.nextCandidate, ['next-candidate']],
    [texts.selectClick, ['previous-click', 'next-click']],
    [texts.selectObject, ['previous-object', 'next-object']],
    [texts.reading, ['reading-1', 'reading-2', 'reading-3', 'reading-4']],
    [texts.chooseClass, classes],
    ...toolKinds.map(({ name }) => [texts[name], [`tool-${name}`]] as const),
    [texts.brushSize, ['brush-smaller', 'brush-larger']],
    [texts.zoomIn, ['zoom-in']],
    [texts.zoomOut, ['zoom-out']],
    [texts.zoomFit, ['zoom-fit']],
    [texts.outlineOnly, ['outline-only']],
    [texts.preview, ['preview']],
  ];
}
