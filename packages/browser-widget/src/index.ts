export type { ReplayReport, SessionLog, SessionValue as AnnotatorValue } from '@clickmask/core/session';
export {
  type AnnotatedObject,
  emptyPrompt,
  emptyValue,
  type ObjectPrompt,
  type ObjectResult,
} from '@clickmask/core/session';
export type { ChangeOrigin } from './annotation/annotation.js';
export { createAnnotator } from './annotator/annotator.js';
export type { Annotator, AnnotatorEvents, AnnotatorOptions } from './annotator/api.js';
export {
  ClickmaskAnnotatorElement,
  type ClickmaskEventMap,
  defineClickmaskAnnotator,
} from './element/clickmask-annotator.js';
export { catalogues, type Messages } from './i18n/index.js';
export { type Command, defaultShortcuts, type Shortcuts } from './input/shortcuts.js';
export type { SegmenterFactory } from './picture/opener.js';
export type { PictureSource } from './picture/picture.js';
export { createDataset, type DatasetOptions, datasetFormats } from './results/dataset.js';
export { type ResultFormat, type ResultOf, type ResultTypes, resultFormats } from './results/result.js';
export type { LabelMapValues } from './results/results.js';
export { createDefaultSegmenter, type RuntimeOptions } from './runtime.js';
export type { ObjectClass } from './state/classes.js';
export type { AnnotatorProperties } from './state/properties.js';
export { type AnnotatorSettings, defaultSettings } from './state/settings.js';
export type { Draft, Preview, ProgressInfo } from './state/state.js';
export type { Tool, ToolName } from './tools/kinds/registry.js';
export type { AcceptedObject } from './tools/selection.js';
