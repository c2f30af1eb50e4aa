export { ClickmaskError, type ClickmaskErrorCode, type ErrorDetails, isClickmaskError } from './clickmask-error.js';
export { describe, expectInteger, expectNumber, expectUrl, messageOf, unexpected } from './expect.js';
