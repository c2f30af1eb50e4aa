import { type ToolName, toolKeys } from '../tools/kinds/registry.js';

/** Every command that a key or a button runs. */
export type Command =
  | 'undo'
  | 'redo'
  | 'accept'
  | 'delete'
  | 'cancel'
  | 'toggle-label'
  | 'tool-click'
  | `tool-${ToolName}`
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
  | `reading-${1 | 2 | 3 | 4}`
  | `class-${1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9}`;

/**
 * Keys and their commands. A key is `KeyboardEvent.key` (single letters in lower case) after its modifiers in the order
 * `Mod+` (Ctrl or ⌘), `Alt+`, `Shift+`. Name Shift only with keys that are no character. On a layout without Latin
 * letters, a key counts as the one at the same place of a Latin keyboard.
 */
export type Shortcuts = Readonly<Record<string, Command>>;

/**
 * The default keys of an annotator.
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
  .../*#__PURE__*/ toolKeys(),
  c: 'next-candidate',
  a: 'reading-1',
  s: 'reading-2',
  d: 'reading-3',
  f: 'reading-4',
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

/** The part of a `KeyboardEvent` that is used. */
export interface PressedKey {
  readonly key: string;
  /** The place on the keyboard, such as `KeyQ`. */
  readonly code: string;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly altKey: boolean;
  readonly shiftKey: boolean;
  getModifierState?(name: string): boolean;
}

/** The command of a pressed key on any keyboard layout; undefined if there is none. */
export function commandOf(shortcuts: Shortcuts, pressed: PressedKey): Command | undefined {
  const name = namesOf(pressed).find((one) => Object.hasOwn(shortcuts, one));
  return name === undefined ? undefined : shortcuts[name];
}

/** Possible names of a pressed key in {@link Shortcuts}, the most likely first. */
export function namesOf(pressed: PressedKey): readonly string[] {
  const mod = pressed.ctrlKey || pressed.metaKey;
  // Input methods give full-width characters; they count as the plain ones.
  const typed = pressed.key.length === 1 ? pressed.key.normalize('NFKC') : pressed.key;
  const named = (key: string, withMod: boolean, withAlt: boolean) => {
    const isLetter = /^\p{L}$/u.test(key);
    // A character such as ? already implies Shift. For a letter, Shift counts only beside other modifiers.
    const shift = pressed.shiftKey && (key.length > 1 || (isLetter && withMod));
    const small = isLetter ? key.toLowerCase() : key;
    return `${withMod ? 'Mod+' : ''}${withAlt ? 'Alt+' : ''}${shift ? 'Shift+' : ''}${small}`;
  };
  const names = isSilent(pressed.key) ? [] : [named(typed, mod, pressed.altKey)];
  // AltGr (which Windows reports as Ctrl and Alt) and Option type a character: this is no combination.
  const isSign = typed.length === 1 && !/[\p{L}\p{Nd}\s]/u.test(typed);
  if (isSign && (pressed.altKey || pressed.getModifierState?.('AltGraph') === true))
    names.push(named(typed, false, false));
  const place = placeOf(pressed, typed);
  return place === null ? names : [...names, named(place, mod, pressed.altKey)];
}

/** Keys without a meaning of their own: dead keys, and keys that an input method took. */
function isSilent(key: string): boolean {
  return key === 'Dead' || key === 'Process' || key === 'Unidentified';
}

/** Characters by their places on a Latin keyboard. */
const signs: Readonly<Record<string, string>> = {
  BracketLeft: '[',
  BracketRight: ']',
  Comma: ',',
  Period: '.',
  Minus: '-',
  Equal: '=',
};

/** The character at the key's place on a Latin keyboard, if the typed one is not Latin or missing; else null. */
function placeOf({ key, code, shiftKey, altKey }: PressedKey, typed: string): string | null {
  const isForeign = typed.length === 1 && /[^\p{ASCII}\p{Script=Latin}]/u.test(typed);
  const digit = /^Digit(\d)$/.exec(code)?.[1];
  // French keyboards need Shift for digits.
  if (digit !== undefined) return shiftKey || (typed.length === 1 && /\d/.test(typed)) ? null : digit;
  // Arabic has its own question mark.
  if (typed === '؟') return '?';
  // Option turns letters into other characters.
  if (!isForeign && !isSilent(key) && !(altKey && /[^\p{ASCII}]/u.test(typed))) return null;
  return /^Key([A-Z])$/.exec(code)?.[1].toLowerCase() ?? signs[code] ?? null;
}

/** The first key of a command, for tooltips and the list of keys; null if it has none. */
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
