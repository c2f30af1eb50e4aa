import type { AnnotatorState } from '../../state/state.js';
import { colourOf, labelOf, textsOf } from '../../state/words.js';
import { element, focusedIn, setAttribute, setText, whenChanged } from '../elements.js';
import { icon } from '../icons.js';
import { type ChromeActions, type Control, wording } from './control.js';
import { dot } from './dot.js';

interface Item {
  readonly id: string;
  readonly label: string;
  readonly colour: string;
}

/**
 * The list of the image's objects.
 *
 * @param leave - moves the focus away when its element disappears
 */
export function createObjectList(
  actions: Pick<ChromeActions, 'chooseObject' | 'deleteObject'>,
  leave: () => void,
): Control {
  const title = element('h2');
  const none = element('p', { class: 'empty' });
  const list = element('ul', { class: 'objects' });
  const section = element('section', {}, title, none, list);
  const itemsOf = (state: AnnotatorState): readonly Item[] =>
    state.value.objects.map((object, i) => ({
      id: object.id,
      label: labelOf(state, i),
      colour: colourOf(state, object),
    }));
  const rebuild = whenChanged(
    (state: AnnotatorState) => [...wording(state), JSON.stringify(itemsOf(state))],
    (state) => {
      const texts = textsOf(state);
      setText(title, texts.objects);
      setText(none, texts.noObjects);
      const hadFocus = list.contains(focusedIn(list));
      list.replaceChildren(...itemsOf(state).map((item) => itemElement(item, texts.deleteObject, actions)));
      if (hadFocus) leave();
    },
  );
  return {
    element: section,
    update(state) {
      rebuild(state);
      const { objects, activeId } = state.value;
      none.hidden = objects.length > 0;
      for (const item of list.children) {
        setAttribute(item.children[0], 'aria-current', String(item.getAttribute('data-id') === activeId));
      }
    },
  };
}

function itemElement(
  { id, label, colour }: Item,
  deleteText: string,
  actions: Pick<ChromeActions, 'chooseObject' | 'deleteObject'>,
): HTMLElement {
  const choose = element(
    'button',
    { type: 'button', part: 'object' },
    dot(colour),
    element('span', { dir: 'auto' }, label),
  );
  const remove = element(
    'button',
    { type: 'button', 'aria-label': `${deleteText}: ${label}`, title: deleteText },
    icon('trash'),
  );
  choose.addEventListener('click', () => actions.chooseObject(id));
  remove.addEventListener('click', () => actions.deleteObject(id));
  return element('li', { 'data-id': id }, choose, remove);
}
