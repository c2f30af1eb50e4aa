import type { AnnotatorSettings } from '../../state/settings.js';
import type { AnnotatorState } from '../../state/state.js';
import { textsOf } from '../../state/words.js';
import { element, setAttribute, whenChanged } from '../elements.js';
import { type ChromeActions, type Control, wording } from './control.js';

type Flag = 'preview' | 'outlineOnly' | 'largestPart' | 'fillHoles' | 'removeSpecks';
type Amount = 'opacity' | 'detail' | 'brushRadius';

/** One line of the settings. */
type Line =
  | { readonly key: Flag; readonly text: Flag }
  | { readonly key: Amount; readonly text: 'opacity' | 'detail' | 'brushSize'; readonly range: readonly number[] };

const lines: readonly Line[] = [
  { key: 'opacity', text: 'opacity', range: [0, 1, 0.05] },
  { key: 'outlineOnly', text: 'outlineOnly' },
  { key: 'preview', text: 'preview' },
  { key: 'detail', text: 'detail', range: [0, 1, 0.05] },
  { key: 'largestPart', text: 'largestPart' },
  { key: 'fillHoles', text: 'fillHoles' },
  { key: 'removeSpecks', text: 'removeSpecks' },
  { key: 'brushRadius', text: 'brushSize', range: [2, 100, 1] },
];

/** The settings that the user can change. */
export function createSettingsBox(id: string, change: ChromeActions['settings']): Control {
  const box = element('div', { class: 'settings', part: 'settings', role: 'group', id, hidden: true });
  const made = lines.map((line) => ({ line, text: element('span'), input: inputOf(line, change) }));
  box.append(...made.map(({ text, input }) => element('label', {}, text, input)));
  const rename = whenChanged(wording, (state: AnnotatorState) => {
    const texts = textsOf(state);
    setAttribute(box, 'aria-label', texts.settings);
    for (const { line, text } of made) text.textContent = texts[line.text];
  });
  return {
    element: box,
    update(state) {
      rename(state);
      for (const { line, input } of made) show(input, state.settings[line.key]);
      const isOpen = state.overlay === 'settings';
      if (box.hidden === !isOpen) return;
      box.hidden = !isOpen;
      if (isOpen) made[0].input.focus();
    },
  };
}

function inputOf(line: Line, change: (part: Partial<AnnotatorSettings>) => void): HTMLInputElement {
  if (!('range' in line)) {
    const input = element('input', { type: 'checkbox', name: line.key });
    input.addEventListener('change', () => change({ [line.key]: input.checked }));
    return input;
  }
  const [min, max, step] = line.range;
  const input = element('input', { type: 'range', name: line.key, min, max, step });
  input.addEventListener('input', () => change({ [line.key]: input.valueAsNumber }));
  return input;
}

function show(input: HTMLInputElement, value: number | boolean): void {
  if (typeof value === 'boolean') input.checked = value;
  else if (input.valueAsNumber !== value) input.value = String(value);
}
