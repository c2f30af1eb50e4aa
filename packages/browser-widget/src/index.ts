export {
  type AnnotationLog,
  type LogEntry,
  type LoggedRuns,
  type ReplayReport,
  replayLog,
} from './annotator/annotation-log.js';
export { createAnnotator } from './annotator/annotator.js';
export type {
  AcceptedObject,
  Annotator,
  AnnotatorEvents,
  AnnotatorOptions,
  ProgressInfo,
  SegmenterFactory,
} from './annotator/api.js';
export type { ResultFormat, ResultOf, ResultTypes } from './annotator/result.js';
export { type AnnotatorSettings, defaultSettings, type Tool } from './annotator/settings.js';
export {
  type AnnotatedObject,
  type AnnotatorValue,
  type ChangeOrigin,
  emptyPrompt,
  emptyValue,
  type ObjectClass,
  type ObjectPrompt,
  type ObjectResult,
} from './annotator/value.js';
export {
  ClickmaskAnnotatorElement,
  type ClickmaskEventMap,
  defineClickmaskAnnotator,
} from './element/clickmask-annotator.js';
export { catalogues, type Messages } from './i18n/index.js';
export { type Command, defaultShortcuts, type Shortcuts } from './input/shortcuts.js';
export type { PictureSource } from './picture/picture.js';
export { createDefaultSegmenter, type RuntimeOptions } from './runtime.js';
