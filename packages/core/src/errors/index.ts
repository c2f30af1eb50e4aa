export { ClickmaskError, type ClickmaskErrorCode, type ErrorDetails, isClickmaskError } from './clickmask-error.js';
export {
  describe,
  expectInteger,
  expectKnown,
  expectNumber,
  expectUrl,
  isListOf,
  messageOf,
  unexpected,
  unexpectedAddress,
  withoutSecrets,
} from './expect.js';
