import { hintOf } from '../../state/hint.js';
import type { AnnotatorState } from '../../state/state.js';
import { loadingText } from '../../state/status-line.js';
import { textsOf } from '../../state/words.js';
import { kindOf } from '../../tools/kinds/registry.js';
import { element, setAttribute, setText } from '../elements.js';
import type { Control } from './control.js';

/** The stage with its overlays: the loading bar and a notice. */
export interface StageFrame extends Control {
  readonly stage: HTMLElement;
}

/** @param hintId - id of the element that explains the stage's keys */
export function createStageFrame(hintId: string): StageFrame {
  const part = element('i');
  const bar = element('div', { class: 'bar' }, part);
  const notice = element('p', { class: 'notice' });
  const stage = element('div', {
    class: 'stage',
    part: 'stage',
    role: 'application',
    tabindex: 0,
    'aria-describedby': hintId,
  });
  return {
    element: element('div', { class: 'stage-frame' }, stage, bar, notice),
    stage,
    update(state) {
      const { progress, slow, settings, spaceHeld } = state;
      setAttribute(stage, 'aria-label', textsOf(state).stage);
      setAttribute(stage, 'data-tool', settings.tool);
      setAttribute(stage, 'data-press', kindOf(settings.tool)?.press ?? 'click');
      setAttribute(stage, 'data-panning', spaceHeld);
      setText(notice, noticeOf(state));
      const fraction = progress?.fraction ?? null;
      setAttribute(bar, 'data-busy', slow || progress !== null);
      setAttribute(bar, 'data-known', fraction !== null);
      bar.style.setProperty('--part', fraction === null ? '30%' : `${Math.round(fraction * 100)}%`);
    },
  };
}

/** The notice over the image; empty if there is none. */
function noticeOf(state: AnnotatorState): string {
  const { picture, failure, drag } = state;
  if (picture === null || failure !== null || drag !== null) return '';
  return loadingText(state) ?? hintOf(state) ?? '';
}
