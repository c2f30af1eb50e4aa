import type { AnnotatorStore } from './state.js';

/** Speaks a text to screen readers only. */
export function announce(store: AnnotatorStore, text: string): void {
  store.set({ spoken: { text } });
}

/** Shows a text in the status line and speaks it to screen readers. */
export function say(store: AnnotatorStore, text: string): void {
  store.set({ message: text, spoken: { text } });
}
