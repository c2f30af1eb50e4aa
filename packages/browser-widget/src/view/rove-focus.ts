/**
 * Makes a group of buttons one Tab stop. Arrow keys move between the buttons.
 *
 * @param onMove - called with the button that an arrow key reached
 */
export function roveFocus(group: HTMLElement, onMove: (button: HTMLButtonElement) => void = () => {}): void {
  const all = () => [...group.querySelectorAll('button')].filter((button) => button.getClientRects().length > 0);
  group.addEventListener('keydown', (event) => {
    const list = all();
    const at = list.indexOf(event.target as HTMLButtonElement);
    if (at < 0) return;
    const last = list.length - 1;
    const next = at === last ? 0 : at + 1;
    const before = at === 0 ? last : at - 1;
    const [right, left] = getComputedStyle(group).direction === 'rtl' ? [before, next] : [next, before];
    const to = { ArrowRight: right, ArrowDown: next, ArrowLeft: left, ArrowUp: before, Home: 0, End: last }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    list[to].focus();
    onMove(list[to]);
  });
  group.addEventListener('focusin', (event) => {
    for (const button of all()) button.tabIndex = button === event.target ? 0 : -1;
  });
}
