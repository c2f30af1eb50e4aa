import { type Command, commandOf, type Shortcuts } from './shortcuts.js';

export interface KeyActions {
  readonly shortcuts: () => Shortcuts;
  /** Returns false where there was nothing to do: the key is then the page's. */
  command(command: Command): boolean;
  /** The space bar is held down, or let go. */
  space(held: boolean): void;
}

/**
 * Turns keys into commands while the focus is inside `root`; nothing is bound to the page. Keys that controls need for
 * themselves (arrows and Enter on buttons, all keys in fields) stay theirs; those of the crosshair work on the stage.
 *
 * @returns the function that lets go of the element
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
    // What is bound here must not also work in the page around.
    event.stopPropagation();
  };
  root.addEventListener('keydown', down, { signal });
  root.addEventListener('keyup', (event) => event.key === ' ' && actions.space(false), { signal });
  root.addEventListener('focusout', () => actions.space(false), { signal });
  return () => controller.abort();
}

/** Whether a key that is held down is not to do it again and again. */
function happensOnce(command: Command): boolean {
  return !/^(crosshair|zoom|brush)-|^(undo|redo)$/.test(command);
}
