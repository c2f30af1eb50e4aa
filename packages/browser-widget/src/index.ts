export { createAnnotator } from './annotator/annotator.js';
export type {
  AcceptedObject,
  Annotator,
  AnnotatorEvents,
  AnnotatorOptions,
  ProgressInfo,
  SegmenterFactory,
} from './annotator/api.js';
export { type AnnotatorSettings, defaultSettings, type Tool } from './annotator/settings.js';
export type { Draft } from './answers/answers.js';
export type { Preview } from './answers/solver.js';
export {
  ClickmaskAnnotatorElement,
  type ClickmaskEventMap,
  defineClickmaskAnnotator,
} from './element/clickmask-annotator.js';
export { catalogues, type Messages } from './i18n/index.js';
export { type Command, defaultShortcuts, type Shortcuts } from './input/shortcuts.js';
export type { PictureSource } from './picture/picture.js';
export type { ResultFormat, ResultOf, ResultTypes } from './results/result.js';
export type { LabelMapValues } from './results/results.js';
export { createDefaultSegmenter, type RuntimeOptions } from './runtime.js';
export {
  type AnnotationLog,
  type LogEntry,
  type LoggedRuns,
  type ReplayReport,
  replayLog,
} from './value/annotation-log.js';
export {
  type AnnotatedObject,
  type AnnotatorValue,
  type ChangeOrigin,
  emptyPrompt,
  emptyValue,
  type ObjectClass,
  type ObjectPrompt,
  type ObjectResult,
} from './value/value.js';
