/** The one class of errors, and how it is made of an argument that is not as expected: for those who build on the core. */
export {
  ClickmaskError,
  type ClickmaskErrorCode,
  type ErrorDetails,
  isClickmaskError,
  unexpected,
} from './errors/index.js';
