import type { Answers } from '../answers/answers.js';
import type { Results } from '../results/results.js';
import type { Aim } from '../tools/aim.js';
import type { Crosshair } from '../tools/crosshair.js';
import type { Dragging } from '../tools/dragging.js';
import type { Hand } from '../tools/hand.js';
import type { Previewing } from '../tools/previewing.js';
import type { Selection } from '../tools/selection.js';
import type { Changes } from '../value/changes.js';
import type { Chrome } from '../view/chrome.js';
import type { Screen } from '../view/screen.js';
import type { Stage } from '../view/stage.js';
import type { AnnotatorEvents } from './api.js';
import type { Configuration } from './configuration.js';
import type { Emitter } from './emitter.js';
import type { Pictures } from './pictures.js';
import type { Status } from './status.js';

/**
 * The parts of one annotator. Every part is made with this object, and finds the others in it when it needs them: they
 * may call each other whatever the order they were made in. None may use another while it is being made.
 */
export interface Parts {
  readonly events: Emitter<AnnotatorEvents>;
  /** What the page, and the user in the settings, have chosen. */
  readonly config: Configuration;
  /** The picture and the segmenter that knows it. */
  readonly pictures: Pictures;
  /** The value and its history. */
  readonly changes: Changes;
  /** What the segmenter says of the value. */
  readonly answers: Answers;
  /** Masks as shown and handed out. */
  readonly results: Results;
  /** What is going on, in words. */
  readonly status: Status;
  /** Where the pointer and the crosshair are, and what is selected. */
  readonly hand: Hand;
  /** From the screen to the picture. */
  readonly aim: Aim;
  readonly previewing: Previewing;
  readonly dragging: Dragging;
  readonly crosshair: Crosshair;
  readonly selection: Selection;
  /** Keeps what is seen in step with all of this. */
  readonly screen: Screen;
  readonly stage: Stage;
  readonly chrome: Chrome;
}
