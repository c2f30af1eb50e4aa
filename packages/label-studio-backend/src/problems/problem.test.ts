import { ClickmaskError } from '@clickmask/core';
import { describe, expect, it } from 'vitest';
import { reasons, toProblem } from './index.js';

describe('a failure of the core', () => {
  const server = { details: { server: 'http://triton:8000' } };
  it.each([
    [new ClickmaskError('backend-unavailable', 'gone', server), 'engine-unavailable', 503],
    [new ClickmaskError('backend-failed', 'garbage', server), 'engine-failed', 502],
    [new ClickmaskError('bad-model', 'other weights', server), 'engine-failed', 502],
    [new ClickmaskError('deadline-exceeded', 'slow', server), 'too-slow', 504],
    [new ClickmaskError('backend-failed', 'no memory'), 'internal', 500],
    [new ClickmaskError('queue-full', 'many'), 'busy', 503],
    [new ClickmaskError('deadline-exceeded', 'late'), 'too-slow', 504],
    [new ClickmaskError('closed', 'over'), 'closing', 503],
    [new ClickmaskError('aborted', 'over'), 'closing', 503],
    [new ClickmaskError('bad-image', 'torn'), 'picture-unreadable', 422],
    [new ClickmaskError('unsupported-image', 'a film'), 'picture-unreadable', 422],
    [new ClickmaskError('image-too-large', 'huge'), 'picture-too-large', 422],
    [new ClickmaskError('bad-click', 'outside'), 'bad-prompt', 422],
    [new ClickmaskError('bad-box', 'empty'), 'bad-prompt', 422],
    [new ClickmaskError('no-clicks', 'none'), 'bad-prompt', 422],
    [new ClickmaskError('too-many-clicks', 'many'), 'too-many-clicks', 422],
    [new Error('a defect'), 'internal', 500],
  ])('%s is the reason %s', (error, reason, status) => {
    const problem = toProblem(error);
    expect(problem.reason).toBe(reason);
    expect(reasons[problem.reason].status).toBe(status);
    if (error instanceof ClickmaskError) expect(problem.message).toBe(error.message);
  });
});
