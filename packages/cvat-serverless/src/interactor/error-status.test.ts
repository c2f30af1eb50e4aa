import { ClickmaskError, type ClickmaskErrorCode } from '@clickmask/core';
import { describe, expect, it } from 'vitest';
import { asClickmaskError, errorStatus } from './error-status.js';

describe('a failure', () => {
  it.each<[number, ClickmaskErrorCode[]]>([
    [400, ['bad-box', 'bad-click', 'bad-format', 'bad-mask', 'bad-option', 'no-clicks', 'too-many-clicks']],
    [413, ['image-too-large']],
    [422, ['bad-image', 'unsupported-image']],
    [500, ['internal', 'worker-lost', 'model-not-found']],
    [503, ['backend-unavailable', 'closed', 'queue-full', 'superseded']],
    [504, ['aborted', 'deadline-exceeded']],
  ])('has status %i for %j', (status, codes) => {
    expect(codes.map(errorStatus)).toEqual(codes.map(() => status));
  });

  it('keeps its code, or is internal', () => {
    const known = new ClickmaskError('bad-box', 'no box');
    expect(asClickmaskError(known)).toBe(known);
    const cause = new TypeError('x is undefined');
    expect(asClickmaskError(cause)).toMatchObject({ code: 'internal', message: 'x is undefined', cause });
    expect(asClickmaskError('torn')).toMatchObject({ code: 'internal', message: 'torn', cause: 'torn' });
  });
});
