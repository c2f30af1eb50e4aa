import { expect, test } from 'vitest';
import { parseClasses, takeClasses } from './classes.js';
import { propertyTable } from './properties.js';
import { attributesOf, readAttribute, taken } from './property.js';
import { changedSettings, defaultSettings, settingTable } from './settings.js';
import { createState } from './state.js';
import { percent, textsOf } from './words.js';

test.each([
  ['en_US', 'en-US', 'Undo', '50%'],
  ['de_AT', 'de-AT', 'Rückgängig', '50 %'],
  ['DE', 'de', 'Rückgängig', '50 %'],
  ['zh_Hans_CN', 'zh-Hans-CN', '撤销', '50%'],
  ['no language', 'en', 'Undo', '50%'],
  ['', 'en', 'Undo', '50%'],
])('the language tag "%s" is taken as %s', (tag, locale, undo, half) => {
  const atFirst = createState({ locale: tag }).now;
  const later = { ...atFirst, ...taken(propertyTable, { locale: tag }) };
  for (const state of [atFirst, later]) {
    expect([state.locale, textsOf(state).undo, percent(state, 0.5).replace(/\s/g, ' ')]).toEqual([locale, undo, half]);
  }
});

test('every attribute stands for one thing', () => {
  const all = [...attributesOf(propertyTable), ...attributesOf(settingTable)];
  expect(new Set(all).size).toBe(all.length);
  expect(readAttribute(settingTable, 'no-such', '')).toBeNull();
});

test.each([
  ['tool', 'brush', { tool: 'brush' }],
  ['tool', null, { tool: 'click' }],
  ['label', 'negative', { label: 'negative' }],
  ['brush-radius', '20', { brushRadius: 20 }],
  ['brush-radius', '', { brushRadius: 14 }],
  ['no-preview', '', { preview: false }],
  ['no-preview', null, { preview: true }],
  ['outline-only', '', { outlineOnly: true }],
  ['opacity', ' 0.2 ', { opacity: 0.2 }],
  ['detail', null, { detail: 1 }],
])('the attribute %s="%s" is the setting %o', (name, text, setting) => {
  expect(readAttribute(settingTable, name, text)).toEqual(setting);
});

test.each([
  ['wheel', 'modifier', { wheel: 'modifier' }],
  ['right-click', 'negative', { rightClick: true }],
  ['right-click', 'menu', { rightClick: false }],
  ['controlled', '', { controlled: true }],
  ['readonly', null, { readOnly: false }],
  ['class-id', 'cat', { classId: 'cat' }],
  ['classes', 'cat, dog', { classes: [{ id: 'cat' }, { id: 'dog' }] }],
])('the attribute %s="%s" is the property %o', (name, text, property) => {
  expect(readAttribute(propertyTable, name, text)).toEqual(property);
});

test.each([
  ['opacity', '7'],
  ['brush-radius', '1'],
  ['detail', 'x'],
  ['tool', 'hammer'],
  ['label', 'both'],
])('what a setting cannot be is refused: %s="%s"', (name, text) => {
  expect(() => readAttribute(settingTable, name, text)).toThrow(new RegExp(name));
});

test('settings that a page gives are checked, and unknown ones left out', () => {
  expect(changedSettings(defaultSettings, { opacity: 0, other: 1 } as never)).toEqual({
    ...defaultSettings,
    opacity: 0,
  });
  expect(() => changedSettings(defaultSettings, { opacity: Number.NaN })).toThrow(/opacity/);
  expect(() => changedSettings(defaultSettings, { tool: 'x' as never })).toThrow(/tool/);
});

test('a gap in the list of classes is refused', () => {
  expect(() => takeClasses(new Array(1))).toThrow(/classes/);
});

test('classes are read from names and from JSON, and anything else is refused', () => {
  expect(parseClasses(null)).toEqual([]);
  expect(parseClasses(' a ,, b ')).toEqual([{ id: 'a' }, { id: 'b' }]);
  expect(parseClasses('[{"id":"a","name":"A","colour":"#fff","more":1}]')).toEqual([
    { id: 'a', name: 'A', colour: '#fff' },
  ]);
  for (const text of ['[{"id":', '[{"id":3}]', '[3]', '[{"id":"a","name":3}]']) {
    expect(() => parseClasses(text)).toThrow(/classes/);
  }
});

test('what the page gave is copied: it may go on changing it', () => {
  const classes = [{ id: 'a' }];
  const { now } = createState({ classes, segmentOptions: { refinement: { cascade: 'off' } } });
  classes.push({ id: 'b' });
  expect(now.classes).toEqual([{ id: 'a' }]);
  expect(() => structuredClone(now.segmentOptions)).not.toThrow();
});

test('texts and keys are texts, and anything else is refused', () => {
  const { now } = createState({ messages: { undo: 'Back', redo: undefined }, shortcuts: { q: 'undo' } });
  expect([now.messages.undo, now.shortcuts]).toEqual(['Back', { q: 'undo' }]);
  for (const messages of [{ undo: 3 }, { undo: null }, [], 'x', null]) {
    expect(() => createState({ messages: messages as never })).toThrow(/messages/);
    expect(() => createState({ shortcuts: messages as never })).toThrow(/shortcuts/);
  }
});
