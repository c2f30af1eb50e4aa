import { expect, test } from 'vitest';
import { listenToKeys } from './keyboard.js';
import { defaultShortcuts } from './shortcuts.js';

/** A stage without a page, that notes the commands of its keys. */
function setUp() {
  const commands: string[] = [];
  const stage = Object.assign(new EventTarget(), {
    matches: () => false,
    closest: () => null,
  }) as unknown as HTMLElement;
  listenToKeys(stage, stage, {
    shortcuts: () => defaultShortcuts,
    command(command) {
      commands.push(command);
      return command !== 'cancel';
    },
    space() {},
  });
  /** Presses a key, and gives whether it was kept from the page. */
  const press = (key: string, repeat = false) => {
    const event = new Event('keydown', { cancelable: true });
    const none = { ctrlKey: false, metaKey: false, altKey: false, shiftKey: false, isComposing: false };
    stage.dispatchEvent(Object.assign(event, { key, repeat, ...none }));
    return event.defaultPrevented;
  };
  return { commands, press };
}

test('a key held down does what goes on step by step again, and all else once', () => {
  const { commands, press } = setUp();
  for (const key of ['Enter', 'Delete', 'c', 'ArrowLeft', '+', ']', 'u']) {
    expect([press(key), press(key, true), press(key, true)]).toEqual([true, true, true]);
  }
  const steps = ['crosshair-left', 'zoom-in', 'brush-larger', 'undo'].flatMap((command) => [command, command, command]);
  expect(commands).toEqual(['click', 'delete', 'next-candidate', ...steps]);
});

test('a key that had nothing to do is left to the page', () => {
  const { commands, press } = setUp();
  expect([press('Escape'), press('n'), press('F5')]).toEqual([false, true, false]);
  expect(commands).toEqual(['cancel', 'accept']);
});
