/**
 * Everything for opening an image, clicking, getting a mask and writing it. `@clickmask/core/node` and
 * `@clickmask/core/web` export the same names, and add how images and models are opened there. Everything else is in
 * named subpaths.
 */
export type { Click, ClickInput, ClickLabel } from './clicks/index.js';
export { ClickmaskError, type ClickmaskErrorCode, type ErrorDetails, isClickmaskError } from './errors/index.js';
export { type Codec, cocoRle, findCodec } from './formats/index.js';
export type { Box, Size } from './geometry/index.js';
export { type RgbImage, rgbFromRgba } from './image/index.js';
export { area, bounds, type Mask, type MaskRuns, maskFromRuns, runsFromMask } from './mask/index.js';
export { adaptiveCascade, type CascadeOptions, type RefinementOptions } from './refinement/index.js';
export { createRemoteSegmenter, type Provider, type RemoteSegmenterOptions } from './runtime/index.js';
export type {
  Candidate,
  DraftMask,
  ImageSource,
  OpenOptions,
  PostprocessOptions,
  Prediction,
  Prompt,
  RefinementReport,
  Segmenter,
  SegmenterImage,
  SegmenterInfo,
  SegmenterStats,
  SegmentOptions,
  Timings,
} from './segmenter/index.js';
export { createSession, type Session } from './session/index.js';
