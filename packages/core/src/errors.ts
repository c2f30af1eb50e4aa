/** The error class, and functions that report unexpected arguments: for packages that build on the core. */
export {
  ClickmaskError,
  type ClickmaskErrorCode,
  type ErrorDetails,
  isClickmaskError,
  isListOf,
  unexpected,
} from './errors/index.js';
