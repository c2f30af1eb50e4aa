import type { SessionValue } from '@clickmask/core/session';
import { describe, expect, test } from 'vitest';
import { catalogues } from '../../i18n/index.js';
import { defaultShortcuts } from '../../input/shortcuts.js';
import { kindOf, toolKinds, toolNames, toolTitles, turnedTool } from './registry.js';

const edit = (value: SessionValue) => value;
const makers = { box: () => edit, stroke: () => edit };
const drawn = { start: { x: 2, y: 2 }, to: { x: 9, y: 8 }, points: [{ x: 2, y: 2 }], radius: 3 };

describe.each(toolKinds.map((kind) => [kind.name, kind] as const))('the tool %s', (name, kind) => {
  test('has a key of its own, which no other command has', () => {
    expect(defaultShortcuts[kind.key]).toBe(`tool-${name}`);
    expect(toolKinds.filter(({ key }) => key === kind.key)).toEqual([kind]);
  });

  test('has a name in every language, which pages can replace', () => {
    for (const [language, texts] of Object.entries(catalogues)) {
      expect(texts[name].length, language).toBeGreaterThan(0);
      expect(texts[name]).toBe(kind.titles[language as 'en']);
    }
  });

  test('is drawn, and turns into a tool that there is', () => {
    expect(kind.icon).toMatch(/^M[\d\s.a-z-]+$/i);
    expect(toolNames).toContain(turnedTool(name, true));
    expect(turnedTool(name, false)).toBe(name);
  });

  test('makes a change of what is drawn, where it draws', () => {
    expect((kind.edit?.(drawn, makers) ?? null) !== null).toBe(kind.press !== 'pan');
  });
});

test('clicking comes first, and is no tool with a button', () => {
  expect(toolNames).toEqual(['click', ...toolKinds.map(({ name }) => name)]);
  expect([kindOf('click'), turnedTool('click', true)]).toEqual([null, 'click']);
  expect(kindOf('eraser')?.brush).toBe('erase');
  expect(turnedTool('brush', true)).toBe('eraser');
  expect(toolTitles('de').brush).toBe('Pinsel');
});
