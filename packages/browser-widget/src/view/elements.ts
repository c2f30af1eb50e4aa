type Attributes = Readonly<Record<string, string | number | boolean>>;

/** Makes an element. An attribute of `false` is left out; one of `true` is empty. */
export function element<K extends keyof HTMLElementTagNameMap>(
  name: K,
  attributes: Attributes = {},
  ...children: readonly (Node | string)[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) setAttribute(made, key, value);
  made.append(...children);
  return made;
}

/** Sets an attribute only if it differs, so that screen readers do not announce it again. */
export function setAttribute(target: Element, name: string, value: string | number | boolean): void {
  if (value === false) {
    if (target.hasAttribute(name)) target.removeAttribute(name);
    return;
  }
  const text = value === true ? '' : String(value);
  if (target.getAttribute(name) !== text) target.setAttribute(name, text);
}

export function setText(target: Element, text: string): void {
  if (target.textContent !== text) target.textContent = text;
}

/** The focused element of the same document or shadow root. */
export function focusedIn(within: Element): Element | null {
  return (within.getRootNode() as Document | ShadowRoot).activeElement;
}

/** Calls `act` when a value that `read` returns differs from the last time. */
export function whenChanged<S>(read: (state: S) => readonly unknown[], act: (state: S) => void): (state: S) => void {
  let before: readonly unknown[] | null = null;
  return (state) => {
    const now = read(state);
    if (before !== null && now.every((one, i) => Object.is(one, before?.[i]))) return;
    before = now;
    act(state);
  };
}
