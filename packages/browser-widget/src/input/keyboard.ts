import { type Command, commandOf, type Shortcuts } from './shortcuts.js';

export interface KeyActions {
  readonly shortcuts: () => Shortcuts;
  /** Returns false if there was nothing to do; the page then gets the key. */
  command(command: Command): boolean;
  /** The space bar was pressed or released. */
  space(held: boolean): void;
}

/**
 * Turns keys into commands while the focus is inside `root`; nothing is bound to the page. Controls keep the keys they
 * need (arrows and Enter on buttons, all keys in fields). The crosshair's keys work on the stage.
 *
 * @returns a function that stops it
 */
export function listenToKeys(root: HTMLElement, stage: HTMLElement, actions: KeyActions): () => void {
  const controller = new AbortController();
  const { signal } = controller;
  const down = (event: KeyboardEvent) => {
    if (event.defaultPrevented || event.isComposing) return;
    const target = event.target as HTMLElement;
    if (target.matches('input, select, textarea') && event.key !== 'Escape') return;
    if (target.closest('dialog') !== null) return;
    const onStage = target === stage;
    if (event.key === ' ' && onStage) {
      event.preventDefault();
      if (!event.repeat) actions.space(true);
      return;
    }
    const command = commandOf(actions.shortcuts(), event);
    if (command === undefined) return;
    if (!onStage && (command.startsWith('crosshair') || command.startsWith('click'))) return;
    const isHeld = event.repeat && happensOnce(command);
    if (!isHeld && !actions.command(command)) return;
    event.preventDefault();
    // The page around must not react to the same key.
    event.stopPropagation();
  };
  root.addEventListener('keydown', down, { signal });
  root.addEventListener('keyup', (event) => event.key === ' ' && actions.space(false), { signal });
  root.addEventListener('focusout', () => actions.space(false), { signal });
  return () => controller.abort();
}

/** Whether the command runs once per press, even if the key is held. */
function happensOnce(command: Command): boolean {
  return !/^(crosshair|zoom|brush)-|^(undo|redo)$/.test(command);
}
