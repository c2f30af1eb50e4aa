export { ClickmaskError, type ClickmaskErrorCode, type ErrorDetails, isClickmaskError } from './clickmask-error.js';
export { describe, expectInteger, expectNumber, unexpected } from './expect.js';
