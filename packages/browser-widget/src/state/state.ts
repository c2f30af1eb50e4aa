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

/** Progress of loading. */
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

/** A draft: the first pass's mask of a prompt that has no answer yet. */
export interface Draft {
  readonly prompt: ObjectPrompt;
  readonly runs: MaskRuns;
}

/** A box, stroke or click that is being drawn with the pointer or the crosshair. */
export interface Drag {
  readonly kind: 'box' | 'line' | 'move-click';
  /** The tool in use. */
  readonly tool: Tool;
  readonly start: ImagePoint;
  /** Its present end; null before it moved. */
  readonly to: ImagePoint | null;
  /** For a line: all points so far. */
  readonly points: readonly ImagePoint[];
  /** For a click that is being moved: its index. */
  readonly click: number;
}

/** What the user has used once. No hint is needed for it. */
export interface Learned {
  readonly negative: boolean;
  readonly accept: boolean;
}

/** What else a click may have meant. */
export interface Readings {
  /** The clicks that they belong to. */
  readonly clicks: readonly Click[];
  /** In the order of the prediction's candidates. */
  readonly masks: readonly { readonly index: number; readonly runs: MaskRuns }[];
}

/** The whole state of an annotator. */
export interface AnnotatorState extends AnnotatorProperties {
  readonly settings: AnnotatorSettings;

  readonly value: SessionValue;
  readonly canUndo: boolean;
  readonly canRedo: boolean;

  /** The shown image; null before the first. */
  readonly picture: Picture | null;
  /** Whether an image is loading. */
  readonly loading: boolean;
  /** Whether clicks are answered at once. */
  readonly ready: boolean;
  /** The segmenter's information about itself; null before it is made. */
  readonly segmenter: SegmenterInfo | null;

  /** The pointer over the stage. `opposite`: a held key reverses the sign of a click. */
  readonly pointer: { readonly at: StagePoint; readonly opposite: boolean } | null;
  /** The kind of the last pointer (mouse, pen, touch). Hints are worded for it. */
  readonly device: 'mouse' | 'pen' | 'touch';
  /** What the user has used; hints tell of the rest. */
  readonly learned: Learned;
  /** The readings of an ambiguous click; null if there is only one. */
  readonly readings: Readings | null;
  /** The crosshair that the arrow keys move; null if it is not in use. A pointer hides it. */
  readonly crosshair: ImagePoint | null;
  /** Index of the selected click of the active object. */
  readonly selectedClick: number | null;
  readonly spaceHeld: boolean;
  readonly drag: Drag | null;

  readonly viewport: Viewport;
  /** Whether the whole image is shown. It then stays fitted when the stage is resized. */
  readonly fitted: boolean;
  /** Size of the stage, in CSS px. */
  readonly stageSize: Size;
  /** The sheet or dialog that is open. */
  readonly overlay: 'settings' | 'help' | 'more' | null;

  readonly preview: Preview | null;
  readonly draft: Draft | null;
  /** Whether a click has waited so long for its answer that the status line says so. */
  readonly slow: boolean;

  /** The error that stops the annotator; null if there is none. */
  readonly failure: ClickmaskError | null;
  readonly progress: ProgressInfo | null;
  /** The latest event, for the status line. */
  readonly message: string;
  /** The text for screen readers. A new object each time, so that the same text is spoken again. */
  readonly spoken: { readonly text: string };
}

export type AnnotatorStore = Store<AnnotatorState>;

/** The start values of an annotator. */
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

/** The object that receives clicks. */
export function activeOf({ value }: Pick<AnnotatorState, 'value'>): AnnotatedObject | null {
  return activeObject(value);
}

/** The selected click with its index; null if none is. */
export function selectedOf(state: AnnotatorState): { readonly index: number; readonly click: Click } | null {
  const { selectedClick: index } = state;
  const click = index === null ? undefined : activeOf(state)?.prompt.clicks[index];
  return index === null || click === undefined ? null : { index, click };
}
