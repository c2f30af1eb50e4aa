export { type BodyLimits, type BodyReader, type ComingBody, createBodyReader } from './body-reader.js';
export type { ServerAddress } from './client.js';
export { createRemoteSegmenter, type RemoteSegmenterOptions } from './create-segmenter.js';
export { foreignPage, type PageRules } from './foreign-page.js';
export { createSegmenterHandler, type SegmenterHandler, type SegmenterHandlerOptions } from './handler.js';
