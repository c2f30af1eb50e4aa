import { expect, test } from 'vitest';
import { catalogues, fillIn, messagesFor } from '../i18n/index.js';
import { commandOf, defaultShortcuts, keyOf, readableKey } from './shortcuts.js';

interface Modifiers {
  readonly ctrl?: boolean;
  readonly meta?: boolean;
  readonly alt?: boolean;
  readonly shift?: boolean;
  readonly altGraph?: boolean;
}

const pressed = (key: string, modifiers: Modifiers = {}, code = '') => {
  const { ctrl = false, meta = false, alt = false, shift = false, altGraph = false } = modifiers;
  return commandOf(defaultShortcuts, {
    key,
    code,
    ctrlKey: ctrl,
    metaKey: meta,
    altKey: alt,
    shiftKey: shift,
    getModifierState: (name: string) => name === 'AltGraph' && altGraph,
  });
};

test.each([
  ['z', { ctrl: true }, 'undo'],
  ['z', { meta: true }, 'undo'],
  ['Z', { ctrl: true, shift: true }, 'redo'],
  ['N', { shift: true }, 'accept'],
  ['?', { shift: true }, 'help'],
  ['+', { shift: true }, 'zoom-in'],
  ['ArrowLeft', { shift: true }, 'crosshair-left-fast'],
  ['Enter', {}, 'click'],
  ['Enter', { shift: true }, 'click-opposite'],
])('%s with %o is %s', (key, modifiers, command) => {
  expect(pressed(key, modifiers)).toBe(command);
});

/** What browsers report for a key of a layout: `key`, `code`, modifiers; and what it does. */
const layouts: readonly (readonly [
  layout: string,
  key: string,
  code: string,
  modifiers: Modifiers,
  command: string | undefined,
])[] = [
  // Latin letters count as what they are, wherever they lie.
  ['de', 'z', 'KeyY', { ctrl: true }, 'undo'],
  ['de', 'y', 'KeyZ', { ctrl: true }, 'redo'],
  ['de', '[', 'Digit8', { ctrl: true, alt: true, altGraph: true }, 'brush-smaller'],
  ['de', ']', 'Digit9', { altGraph: true }, 'brush-larger'],
  ['de, on a Mac', ']', 'Digit6', { alt: true }, 'brush-larger'],
  ['de', '?', 'Minus', { shift: true }, 'help'],
  ['de', '=', 'Digit0', { shift: true }, 'zoom-in'],
  ['de', 'ö', 'Semicolon', {}, undefined],
  ['de', 'ß', 'Minus', {}, undefined],
  ['fr', 'z', 'KeyW', { ctrl: true }, 'undo'],
  ['fr', 'w', 'KeyZ', { ctrl: true }, undefined],
  ['fr', 'a', 'KeyQ', {}, 'reading-1'],
  ['fr', '&', 'Digit1', {}, 'class-1'],
  ['fr', 'é', 'Digit2', {}, 'class-2'],
  ['fr', '1', 'Digit1', { shift: true }, 'class-1'],
  ['fr', '-', 'Digit6', {}, 'zoom-out'],
  ['fr', '[', 'Digit5', { ctrl: true, alt: true, altGraph: true }, 'brush-smaller'],
  ['fr', ',', 'KeyM', {}, 'previous-click'],
  ['fr', 'Dead', 'BracketLeft', {}, 'brush-smaller'],
  // Letters that are not Latin count as the place they lie at.
  ['ru', 'я', 'KeyZ', { ctrl: true }, 'undo'],
  ['ru', 'Я', 'KeyZ', { ctrl: true, shift: true }, 'redo'],
  ['ru', 'и', 'KeyB', {}, 'tool-brush'],
  ['ru', 'б', 'Comma', {}, 'previous-click'],
  ['ru', 'ю', 'Period', {}, 'next-click'],
  ['ru', 'х', 'BracketLeft', {}, 'brush-smaller'],
  ['el', 'ζ', 'KeyZ', { meta: true }, 'undo'],
  ['el', 'ε', 'KeyE', {}, 'tool-eraser'],
  ['el', 'Dead', 'Semicolon', {}, undefined],
  ['he', 'ז', 'KeyZ', { ctrl: true }, 'undo'],
  ['he', 'ק', 'KeyE', {}, 'tool-eraser'],
  ['he', 'ת', 'Comma', {}, 'previous-click'],
  ['ar', 'ئ', 'KeyZ', { ctrl: true }, 'undo'],
  ['ar', 'ى', 'KeyN', {}, 'accept'],
  ['ar', '١', 'Digit1', {}, 'class-1'],
  ['ar', '؟', 'Slash', { shift: true }, 'help'],
  ['ja', 'つ', 'KeyZ', { ctrl: true }, 'undo'],
  ['ja, an input method at work', 'Process', 'KeyB', {}, 'tool-brush'],
  ['ja, of full width', 'ｂ', 'KeyB', {}, 'tool-brush'],
  ['ja, of full width', '１', 'Digit1', {}, 'class-1'],
  // Option makes other characters of letters, and is no plain letter.
  ['en, on a Mac', '∫', 'KeyB', { alt: true }, undefined],
];

test.each(layouts)('%s: %s at %s with %o is %s', (_, key, code, modifiers, command) => {
  expect(pressed(key, modifiers, code)).toBe(command);
});

test('keys of the browser are left alone', () => {
  expect(pressed('c', { ctrl: true })).toBeUndefined();
  expect(pressed('ArrowLeft', { alt: true })).toBeUndefined();
  expect(pressed('Tab')).toBeUndefined();
});

test('keys are shown as people read them', () => {
  expect(readableKey('Mod+Shift+z')).toBe('Ctrl + Shift + Z');
  expect(readableKey('+')).toBe('+');
  expect(readableKey('Mod++')).toBe('Ctrl + +');
  expect(keyOf(defaultShortcuts, 'help')).toBe('?');
  expect(keyOf({}, 'help')).toBeNull();
});

test('every language has every text, with the same words to fill in', () => {
  const words = (text: string) => [...text.matchAll(/\{\w+\}/g)].map(String).sort();
  for (const [tag, catalogue] of Object.entries(catalogues)) {
    expect(Object.keys(catalogue), tag).toEqual(Object.keys(catalogues.en));
    for (const [key, text] of Object.entries(catalogue)) {
      expect(text.length, `${tag} ${key}`).toBeGreaterThan(0);
      expect(words(text), `${tag} ${key}`).toEqual(words(catalogues.en[key as 'undo']));
    }
  }
});

test('a language is found by its tag, and words are filled in', () => {
  expect(messagesFor('de-AT').undo).toBe('Rückgängig');
  expect(messagesFor('pt').undo).toBe('Undo');
  expect(messagesFor('en', { undo: 'Back' }).undo).toBe('Back');
  expect(fillIn('{a} of {b}', { a: 1 })).toBe('1 of {b}');
});
