import { expect, test } from 'vitest';
import { catalogues, fillIn, messagesFor } from '../i18n/index.js';
import { defaultShortcuts, keyName, keyOf, readableKey } from './shortcuts.js';

const pressed = (key: string, modifiers: { ctrl?: boolean; meta?: boolean; alt?: boolean; shift?: boolean } = {}) => {
  const { ctrl = false, meta = false, alt = false, shift = false } = modifiers;
  return keyName({ key, ctrlKey: ctrl, metaKey: meta, altKey: alt, shiftKey: shift });
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
  expect(defaultShortcuts[pressed(key, modifiers)]).toBe(command);
});

test('keys of the browser are left alone', () => {
  expect(defaultShortcuts[pressed('c', { ctrl: true })]).toBeUndefined();
  expect(defaultShortcuts[pressed('ArrowLeft', { alt: true })]).toBeUndefined();
  expect(defaultShortcuts[pressed('Tab')]).toBeUndefined();
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
