import { expect, test } from 'vitest';
import { fakeParts } from '../../test/fake-parts.js';
import * as edits from '../value/edits.js';
import { createCommands } from './commands.js';
import { createCrosshair } from './crosshair.js';
import { createSelection } from './selection.js';

function setUp() {
  const fake = fakeParts();
  const { parts } = fake;
  parts.selection = createSelection(parts);
  parts.crosshair = createCrosshair(parts);
  const add = (x: number) =>
    parts.changes.make(edits.addClick({ x, y: 5, label: 'positive' }, { id: 'one', classId: null }));
  const said = () => fake.told.splice(0).filter((text) => text !== 'ask');
  const clicks = () => parts.changes.active?.prompt.clicks.map(({ x }) => x);
  return { ...fake, commands: createCommands(parts), add, said, clicks };
}

test('where nothing can be changed, nothing is said to be done', () => {
  const { commands, config, parts, add, said, clicks } = setUp();
  add(10);
  config.readOnly = true;
  parts.hand.selectedClick = 0;
  commands.delete();
  parts.hand.selectedClick = null;
  for (const name of ['delete', 'undo', 'redo', 'accept', 'next-candidate'] as const) commands[name]();
  parts.selection.choose(null);
  expect([said(), clicks()]).toEqual([[], [10]]);
});

test('in controlled mode it is said to be done when the page takes it over', () => {
  const { commands, config, parts, changes, add, said } = setUp();
  add(10);
  config.controlled = true;
  commands.undo();
  commands.delete();
  expect(said()).toEqual([]);
  parts.changes.set(changes.at(-1)!.value);
  expect(said()).toEqual(['Object deleted.']);
  expect(parts.changes.value.objects).toEqual([]);
});

test('taking back one thing at a time tells when nothing is left', () => {
  const { commands, config, parts, add } = setUp();
  add(10);
  parts.hand.selectedClick = 0;
  parts.hand.crosshair = { x: 3, y: 3 };
  expect([1, 2, 3, 4].map(() => commands.cancel())).toEqual([true, true, true, false]);
  expect(parts.changes.active).toBeNull();
  parts.changes.make(edits.select('one'));
  config.readOnly = true;
  expect(commands.cancel()).toBe(false);
});

test('a click that arrows move is one step of the history, and stays in sight', () => {
  const { commands, parts, add, clicks } = setUp();
  add(10);
  add(20);
  parts.hand.selectedClick = 1;
  for (let i = 0; i < 12; i++) commands['crosshair-right']();
  expect(clicks()).toEqual([10, 80]);
  const { viewport, size } = parts.stage;
  expect(80 * viewport.scale + viewport.x).toBeLessThan(size.width);
  for (let i = 0; i < 4; i++) commands['crosshair-right']();
  expect(100 * parts.stage.viewport.scale + parts.stage.viewport.x).toBeLessThanOrEqual(size.width - 24);
  commands.undo();
  expect(clicks()).toEqual([10, 20]);
  commands.redo();
  expect(clicks()).toEqual([10, 100]);
  // After another step it is a new one, and so for another click.
  commands['crosshair-left']();
  parts.hand.selectedClick = 0;
  commands['crosshair-left']();
  commands.undo();
  expect(clicks()).toEqual([10, 95]);
  commands.undo();
  expect(clicks()).toEqual([10, 100]);
});
