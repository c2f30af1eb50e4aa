import type { Command } from '../../input/shortcuts.js';
import { type AnnotatorState, activeOf } from '../../state/state.js';
import { shownClasses, textsOf } from '../../state/words.js';
import { element, setAttribute, setText, whenChanged } from '../elements.js';
import { roveFocus } from '../rove-focus.js';
import { type ChromeActions, type Control, keyText, wording } from './control.js';
import { dot } from './dot.js';

/** The classes to choose from. */
export function createClassChips(choose: ChromeActions['chooseClass']): Control {
  const title = element('h2');
  const chips = element('div', { class: 'chips', role: 'radiogroup' });
  const section = element('section', {}, title, chips);
  // As in a group of radio buttons, an arrow key selects.
  roveFocus(chips, (chip) => chip.click());
  const rebuild = whenChanged(
    (state: AnnotatorState) => [...wording(state), state.classes],
    (state) => {
      const texts = textsOf(state);
      const classes = shownClasses(state);
      section.hidden = classes.length === 0;
      setText(title, texts.classes);
      setAttribute(chips, 'aria-label', texts.classes);
      chips.replaceChildren(
        ...classes.map(({ id, name, colour }, index) => chip(id, name, colour, keyOfClass(state, index), choose)),
        chip(null, texts.noClass, 'transparent', null, choose),
      );
    },
  );
  return {
    element: section,
    update(state) {
      rebuild(state);
      const active = activeOf(state);
      // The class of the active object, else the class that the next object gets.
      const classId = active === null ? state.classId : active.classId;
      const all = [...chips.querySelectorAll('button')];
      const checked = all.find((button) => (button.getAttribute('data-id') || null) === classId);
      for (const button of all) {
        setAttribute(button, 'aria-checked', String(button === checked));
        button.tabIndex = button === (checked ?? all[0]) ? 0 : -1;
      }
    },
  };
}

function keyOfClass(state: AnnotatorState, index: number): string | null {
  return index < 9 ? keyText(state, `class-${index + 1}` as Command) : null;
}

function chip(
  id: string | null,
  name: string,
  colour: string,
  key: string | null,
  choose: (id: string | null) => void,
): HTMLButtonElement {
  const button = element('button', { type: 'button', role: 'radio', 'data-id': id ?? '' });
  button.append(dot(colour), element('span', { dir: 'auto' }, name));
  if (key !== null) button.append(element('kbd', { 'aria-hidden': 'true' }, key));
  button.addEventListener('click', () => choose(id));
  return button;
}
