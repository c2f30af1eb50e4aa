import { element } from '../elements.js';

/** The square that shows a colour. */
export function dot(colour: string): HTMLElement {
  const made = element('span', { class: 'dot' });
  // An attribute would need a page that allows inline styles. And this takes colours only: a class of strangers fetches nothing.
  made.style.backgroundColor = colour;
  return made;
}
