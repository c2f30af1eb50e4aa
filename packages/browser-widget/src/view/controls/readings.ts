import { fillIn } from '../../i18n/index.js';
import type { Command } from '../../input/shortcuts.js';
import { type AnnotatorState, activeOf } from '../../state/state.js';
import { colourOf, textsOf } from '../../state/words.js';
import { element, setAttribute, whenChanged } from '../elements.js';
import { drawThumbnail, frameOf } from '../thumbnail.js';
import { type Control, keyText, wording } from './control.js';

/** Side of a thumbnail in device px: twice its CSS px. */
const side = 112;

/** What a click may have meant, as small images. */
export function createReadings(command: (name: Command) => void): Control {
  const strip = element('div', { class: 'readings', role: 'group', hidden: true });
  const rebuild = whenChanged(
    (state: AnnotatorState) => [...wording(state), state.readings, state.picture],
    (state) => {
      const { readings, picture } = state;
      strip.hidden = readings === null || picture === null;
      setAttribute(strip, 'aria-label', textsOf(state).nextCandidate);
      if (readings === null || picture === null) return strip.replaceChildren();
      const frame = frameOf(
        readings.masks.map(({ runs }) => runs),
        picture,
      );
      const colour = colourOf(state, activeOf(state));
      const buttons = readings.masks.slice(0, 4).map(({ runs, index }, place) => {
        const canvas = element('canvas', { width: side, height: side, 'aria-hidden': 'true' });
        drawThumbnail(canvas, picture, runs, frame, colour);
        const name = `reading-${place + 1}` as Command;
        const label = fillIn(textsOf(state).candidateShown, { number: place + 1, count: readings.masks.length });
        const button = element('button', { type: 'button', 'aria-label': label, 'data-index': index }, canvas);
        const key = keyText(state, name);
        if (key !== null) button.append(element('kbd', { 'aria-hidden': 'true' }, key));
        button.addEventListener('click', () => command(name));
        return button;
      });
      strip.replaceChildren(...buttons);
    },
  );
  return {
    element: strip,
    update(state) {
      rebuild(state);
      const chosen = activeOf(state)?.result?.candidate;
      for (const button of strip.children) {
        setAttribute(button, 'aria-pressed', String(button.getAttribute('data-index') === String(chosen)));
      }
    },
  };
}
