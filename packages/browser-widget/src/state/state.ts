import type { Click, ClickmaskError, MaskRuns, SegmenterInfo, Size } from '@clickmask/core';
import type { ImagePoint } from '@clickmask/core/masks';
import {
  type AnnotatedObject,
  activeObject,
  emptyValue,
  type ObjectPrompt,
  type ObjectResult,
  type SessionValue,
} from '@clickmask/core/session';
import type { Picture } from '../picture/picture.js';
import type { Tool } from '../tools/kinds/registry.js';
import type { StagePoint, Viewport } from '../view/viewport.js';
import { type AnnotatorProperties, propertyTable } from './properties.js';
import { initialOf, taken } from './property.js';
import { type AnnotatorSettings, changedSettings, defaultSettings } from './settings.js';
import { createStore, type Store } from './store.js';

/** What an annotator tells of loading. */
export interface ProgressInfo {
  readonly phase: 'model' | 'picture' | 'features';
  /** 0 to 1; null where the total is unknown. */
  readonly fraction: number | null;
  readonly loaded?: number;
  readonly total?: number | null;
}

/** A preview: what a click at the pointer would give. */
export interface Preview {
  readonly click: Click;
  readonly result: ObjectResult;
}

/** A mask on its way: what the first pass of the network says of a prompt whose answer is not there yet. */
export interface Draft {
  readonly prompt: ObjectPrompt;
  readonly runs: MaskRuns;
}

/** A box, a stroke or a click on its way, by the pointer or by the crosshair. */
export interface Drag {
  readonly kind: 'box' | 'line' | 'move-click';
  /** The tool that it is drawn with. */
  readonly tool: Tool;
  readonly start: ImagePoint;
  /** Where it is now; null: it did not move yet. */
  readonly to: ImagePoint | null;
  /** Of a line: all points so far. */
  readonly points: readonly ImagePoint[];
  /** Of a click that is moved: its index. */
  readonly click: number;
}

/** What the user did once, and need not be told any more. */
export interface Learned {
  readonly negative: boolean;
  readonly accept: boolean;
}

/** What else a click may have meant. */
export interface Readings {
  /** The clicks that they are of. */
  readonly clicks: readonly Click[];
  /** In the order of the prediction's candidates. */
  readonly masks: readonly { readonly index: number; readonly runs: MaskRuns }[];
}

/** All that an annotator knows and shows. */
export interface AnnotatorState extends AnnotatorProperties {
  readonly settings: AnnotatorSettings;

  readonly value: SessionValue;
  readonly canUndo: boolean;
  readonly canRedo: boolean;

  /** The image that is shown; null: none yet. */
  readonly picture: Picture | null;
  /** Whether an image is on its way. */
  readonly loading: boolean;
  /** Whether clicks are answered at once. */
  readonly ready: boolean;
  /** What the segmenter says of itself; null until it was made. */
  readonly segmenter: SegmenterInfo | null;

  /** The pointer over the stage; `opposite`: with a key held that turns the sign of a click round. */
  readonly pointer: { readonly at: StagePoint; readonly opposite: boolean } | null;
  /** What the image was pressed with last; decides how hints name it. */
  readonly device: 'mouse' | 'pen' | 'touch';
  /** What the user has found out; hints tell of the rest. */
  readonly learned: Learned;
  /** The readings of an ambiguous click, to choose from; null: there is one. */
  readonly readings: Readings | null;
  /** The crosshair that arrows move; null: not in use. The pointer puts it away. */
  readonly crosshair: ImagePoint | null;
  /** Index of the click that is selected among those of the active object. */
  readonly selectedClick: number | null;
  readonly spaceHeld: boolean;
  readonly drag: Drag | null;

  readonly viewport: Viewport;
  /** Whether the whole image is shown, and stays so when the stage changes its size. */
  readonly fitted: boolean;
  /** Of the stage, in CSS px. */
  readonly stageSize: Size;
  /** What is open over the widget. */
  readonly overlay: 'settings' | 'help' | 'more' | null;

  readonly preview: Preview | null;
  readonly draft: Draft | null;
  /** A click has waited for its answer for so long that the user should be told. */
  readonly slow: boolean;

  /** The error that keeps the annotator from going on; null: none. */
  readonly failure: ClickmaskError | null;
  readonly progress: ProgressInfo | null;
  /** The last thing that happened, for the status line. */
  readonly message: string;
  /** What screen readers are told; a new object each time. */
  readonly spoken: { readonly text: string };
}

export type AnnotatorStore = Store<AnnotatorState>;

/** What an annotator can be given at its start. */
export interface InitialState extends Partial<AnnotatorProperties> {
  readonly settings?: Partial<AnnotatorSettings>;
}

/** @throws ClickmaskError `bad-option` */
export function createState(options: InitialState = {}): AnnotatorStore {
  return createStore<AnnotatorState>({
    ...initialOf(propertyTable),
    ...taken(propertyTable, options),
    settings: changedSettings(defaultSettings, options.settings ?? {}),
    value: emptyValue,
    canUndo: false,
    canRedo: false,
    picture: null,
    loading: false,
    ready: false,
    segmenter: null,
    pointer: null,
    device: globalThis.matchMedia?.('(pointer: coarse)').matches === true ? 'touch' : 'mouse',
    learned: { negative: false, accept: false },
    readings: null,
    crosshair: null,
    selectedClick: null,
    spaceHeld: false,
    drag: null,
    viewport: { scale: 1, x: 0, y: 0 },
    fitted: true,
    stageSize: { width: 0, height: 0 },
    overlay: null,
    preview: null,
    draft: null,
    slow: false,
    failure: null,
    progress: null,
    message: '',
    spoken: { text: '' },
  });
}

/** The object that clicks go to. */
export function activeOf({ value }: Pick<AnnotatorState, 'value'>): AnnotatedObject | null {
  return activeObject(value);
}

/** The click that is selected, with its index; null: none. */
export function selectedOf(state: AnnotatorState): { readonly index: number; readonly click: Click } | null {
  const { selectedClick: index } = state;
  const click = index === null ? undefined : activeOf(state)?.prompt.clicks[index];
  return index === null || click === undefined ? null : { index, click };
}
