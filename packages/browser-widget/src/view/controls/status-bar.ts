import { statusLine } from '../../state/status-line.js';
import { textsOf } from '../../state/words.js';
import { element, focusedIn, setAttribute, setText } from '../elements.js';
import type { Control } from './control.js';

/**
 * One line that says what is going on.
 *
 * @param leave - moves the focus away when its element disappears
 */
export function createStatusBar(retry: () => void, leave: () => void): Control {
  const text = element('span', { class: 'text', dir: 'auto' });
  const runtime = element('span', { class: 'runtime' });
  const button = element('button', { type: 'button', class: 'retry', hidden: true });
  const status = element('div', { class: 'status', part: 'status' }, text, button, runtime);
  button.addEventListener('click', retry);
  return {
    element: status,
    update(state) {
      const failed = state.failure !== null;
      setText(text, statusLine(state));
      setText(button, textsOf(state).retry);
      setAttribute(status, 'data-error', failed);
      if (!failed && focusedIn(status) === button) leave();
      button.hidden = !failed;
      setText(runtime, state.segmenter === null ? '' : `${state.segmenter.model} · ${state.segmenter.provider}`);
    },
  };
}
