import type { Messages } from '../../i18n/index.js';
import type { Command } from '../../input/shortcuts.js';
import type { AnnotatorState } from '../../state/state.js';
import { textsOf } from '../../state/words.js';
import { element, setAttribute, whenChanged } from '../elements.js';
import { icon } from '../icons.js';
import { type Control, keyText, wording } from './control.js';

/** The list of keys. */
export function createHelpDialog(id: string, close: () => void): Control {
  const help = element('dialog', { part: 'help', 'aria-labelledby': id });
  const title = element('h2', { id });
  const button = element('button', { type: 'button' }, icon('close'));
  const list = element('dl');
  button.addEventListener('click', () => help.close());
  help.addEventListener('close', close);
  help.append(element('header', {}, title, button), list);
  const rename = whenChanged(wording, (state: AnnotatorState) => {
    const texts = textsOf(state);
    title.textContent = texts.keyboard;
    setAttribute(button, 'aria-label', texts.close);
    setAttribute(button, 'title', texts.close);
    list.replaceChildren(...rowsOf(state));
  });
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

function rowsOf(state: AnnotatorState): readonly HTMLElement[] {
  const texts = textsOf(state);
  const row = (keys: readonly string[], text: string) => [
    element('dt', {}, ...keys.map((key) => element('kbd', {}, key))),
    element('dd', {}, text),
  ];
  const rows = entriesOf(texts).flatMap(([text, commands]) => {
    const keys = commands.map((command) => keyText(state, command)).filter((key) => key !== null);
    return keys.length === 0 ? [] : row(keys, text);
  });
  return [...rows, ...row(['Space'], texts.holdToPan)];
}

function entriesOf(texts: Messages): readonly (readonly [string, readonly Command[]])[] {
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
    [texts.chooseClass, ['class-1', 'class-2']],
    [texts.box, ['tool-box']],
    [texts.brush, ['tool-brush']],
    [texts.eraser, ['tool-eraser']],
    [texts.brushSize, ['brush-smaller', 'brush-larger']],
    [texts.pan, ['tool-pan']],
    [texts.zoomIn, ['zoom-in']],
    [texts.zoomOut, ['zoom-out']],
    [texts.zoomFit, ['zoom-fit']],
    [texts.outlineOnly, ['outline-only']],
    [texts.preview, ['preview']],
  ];
}
