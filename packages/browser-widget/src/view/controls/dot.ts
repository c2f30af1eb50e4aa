import { element } from '../elements.js';

/** A square that shows a colour. */
export function dot(colour: string): HTMLElement {
  const made = element('span', { class: 'dot' });
  // A style attribute would need a page that allows inline styles. This property also accepts colours only, so that a
  // stranger's class cannot fetch anything.
  made.style.backgroundColor = colour;
  return made;
}
