/**
 * For authors of adapters, in Node: code that the Label Studio backend, the CVAT function and the command line share.
 */
export { createLru, type Lru, type LruOptions } from './cache/lru.js';
export { expectInteger, expectNumber, expectUrl, unexpected, withoutSecrets } from './errors/index.js';
export { type PictureFormat, pictureFormat } from './image/index.js';
export {
  type Command,
  defineCommand,
  type Program,
  packageVersion,
  processTerminal,
  runProgram,
  type Terminal,
  UsageError,
  type Values,
} from './runtime/node/command-line/index.js';
export { readingOptions } from './runtime/node/command-line/reading-options.js';
export { pictureSize } from './runtime/node/decode-image.js';
export { readingFromOptions } from './runtime/node/deep-picture.js';
export {
  createHttpClient,
  type HttpClient,
  type HttpClientOptions,
  type HttpFailure,
  type HttpRequest,
  type HttpResponse,
  isPublicAddress,
  redirectOf,
} from './runtime/node/http/index.js';
export { machineWarnings, type ProcessLimits } from './runtime/node/machine-warnings.js';
export { type RegularFileOptions, readRegularFile } from './runtime/node/read-regular-file.js';
export {
  type BodyLimits,
  type BodyReader,
  type ComingBody,
  createBodyReader,
  foreignPage,
  type PageRules,
} from './runtime/remote/index.js';
