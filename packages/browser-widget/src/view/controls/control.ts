import type { Command } from '../../input/shortcuts.js';
import { keyOf, readableKey } from '../../input/shortcuts.js';
import type { AnnotatorSettings } from '../../state/settings.js';
import type { AnnotatorState } from '../../state/state.js';

/** A part around the stage: it shows the state and calls actions. */
export interface Control {
  readonly element: HTMLElement;
  update(state: AnnotatorState): void;
}

/** What the controls do. */
export interface ChromeActions {
  command(command: Command): void;
  settings(change: Partial<AnnotatorSettings>): void;
  overlay(overlay: AnnotatorState['overlay']): void;
  chooseClass(id: string | null): void;
  chooseObject(id: string): void;
  deleteObject(id: string): void;
  retry(): void;
}

/** The state that texts and keys on controls depend on. */
export function wording({ locale, messages, shortcuts }: AnnotatorState): readonly unknown[] {
  return [locale, messages, shortcuts];
}

/** The first key of a command in readable form; null if it has none. */
export function keyText({ shortcuts }: AnnotatorState, command: Command): string | null {
  const key = keyOf(shortcuts, command);
  return key === null ? null : readableKey(key);
}
