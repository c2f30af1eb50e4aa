import type { AnnotatorStore } from './state.js';

/** Tells screen readers alone. */
export function announce(store: AnnotatorStore, text: string): void {
  store.set({ spoken: { text } });
}

/** Shows a text in the status line and tells it to screen readers. */
export function say(store: AnnotatorStore, text: string): void {
  store.set({ message: text, spoken: { text } });
}
