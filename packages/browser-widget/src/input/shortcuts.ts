/** Everything that can be done by a key or a button. */
export type Command =
  | 'undo'
  | 'redo'
  | 'accept'
  | 'delete'
  | 'cancel'
  | 'toggle-label'
  | 'tool-click'
  | 'tool-box'
  | 'tool-brush'
  | 'tool-eraser'
  | 'tool-pan'
  | 'next-candidate'
  | 'brush-smaller'
  | 'brush-larger'
  | 'zoom-in'
  | 'zoom-out'
  | 'zoom-fit'
  | 'outline-only'
  | 'preview'
  | 'previous-click'
  | 'next-click'
  | 'previous-object'
  | 'next-object'
  | 'crosshair-left'
  | 'crosshair-right'
  | 'crosshair-up'
  | 'crosshair-down'
  | 'crosshair-left-fast'
  | 'crosshair-right-fast'
  | 'crosshair-up-fast'
  | 'crosshair-down-fast'
  | 'crosshair-left-fine'
  | 'crosshair-right-fine'
  | 'crosshair-up-fine'
  | 'crosshair-down-fine'
  | 'click'
  | 'click-opposite'
  | 'help'
  | `class-${1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9}`;

/**
 * Keys and what they do. A key is the value of `KeyboardEvent.key`, single letters in lower case, after the modifiers in
 * the order `Mod+` (Ctrl, or ⌘), `Alt+`, `Shift+`. Shift is named only with keys that are not a character of their own.
 */
export type Shortcuts = Readonly<Record<string, Command>>;

/**
 * The keys of an annotator that is told nothing else.
 *
 * @example
 * ```ts
 * import { defaultShortcuts, type Shortcuts } from '@clickmask/browser-widget';
 *
 * const mine: Shortcuts = { ...defaultShortcuts, q: 'undo' };
 * console.log(mine.q, mine['Mod+z']); // undo undo
 * ```
 */
export const defaultShortcuts: Shortcuts = Object.freeze({
  'Mod+z': 'undo',
  'Mod+Shift+z': 'redo',
  'Mod+y': 'redo',
  u: 'undo',
  n: 'accept',
  'Mod+Enter': 'accept',
  Delete: 'delete',
  Backspace: 'delete',
  Escape: 'cancel',
  x: 'toggle-label',
  v: 'tool-click',
  r: 'tool-box',
  b: 'tool-brush',
  e: 'tool-eraser',
  h: 'tool-pan',
  c: 'next-candidate',
  '[': 'brush-smaller',
  ']': 'brush-larger',
  '+': 'zoom-in',
  '=': 'zoom-in',
  '-': 'zoom-out',
  '0': 'zoom-fit',
  o: 'outline-only',
  p: 'preview',
  ',': 'previous-click',
  '.': 'next-click',
  PageUp: 'previous-object',
  PageDown: 'next-object',
  ArrowLeft: 'crosshair-left',
  ArrowRight: 'crosshair-right',
  ArrowUp: 'crosshair-up',
  ArrowDown: 'crosshair-down',
  'Shift+ArrowLeft': 'crosshair-left-fast',
  'Shift+ArrowRight': 'crosshair-right-fast',
  'Shift+ArrowUp': 'crosshair-up-fast',
  'Shift+ArrowDown': 'crosshair-down-fast',
  'Mod+ArrowLeft': 'crosshair-left-fine',
  'Mod+ArrowRight': 'crosshair-right-fine',
  'Mod+ArrowUp': 'crosshair-up-fine',
  'Mod+ArrowDown': 'crosshair-down-fine',
  Enter: 'click',
  'Shift+Enter': 'click-opposite',
  '?': 'help',
  '1': 'class-1',
  '2': 'class-2',
  '3': 'class-3',
  '4': 'class-4',
  '5': 'class-5',
  '6': 'class-6',
  '7': 'class-7',
  '8': 'class-8',
  '9': 'class-9',
});

/** The name of a pressed key as {@link Shortcuts} write it. */
export function keyName(event: {
  readonly key: string;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly altKey: boolean;
  readonly shiftKey: boolean;
}): string {
  const mod = event.ctrlKey || event.metaKey;
  const letter = /^\p{L}$/u.test(event.key);
  // A sign such as ? already says that Shift was held; a letter does so only beside other modifiers.
  const shift = event.shiftKey && (event.key.length > 1 || (letter && mod));
  const key = letter ? event.key.toLowerCase() : event.key;
  return `${mod ? 'Mod+' : ''}${event.altKey ? 'Alt+' : ''}${shift ? 'Shift+' : ''}${key}`;
}

/** The first key of a command, for tooltips and the list of keys; null where it has none. */
export function keyOf(shortcuts: Shortcuts, command: Command): string | null {
  return Object.keys(shortcuts).find((key) => shortcuts[key] === command) ?? null;
}

/** A key as people read it. */
export function readableKey(key: string): string {
  const arrows: Readonly<Record<string, string>> = { ArrowLeft: '←', ArrowRight: '→', ArrowUp: '↑', ArrowDown: '↓' };
  return key
    .split(/(?<=.)\+(?=.)/)
    .map((part) => (part === 'Mod' ? 'Ctrl' : (arrows[part] ?? (part.length === 1 ? part.toUpperCase() : part))))
    .join(' + ');
}
