import { describe, expect, it } from 'vitest';
import { createTokenSource } from './index.js';

const personal = ['{}', '{"token_type":"refresh"}', 'x']
  .map((part) => Buffer.from(part).toString('base64url'))
  .join('.');

describe('createTokenSource', () => {
  it('exchanges nothing for a caller that has gone', async () => {
    let calls = 0;
    const tokens = createTokenSource(personal, async () => {
      calls++;
      throw new Error('unreachable');
    });
    await expect(tokens.authorization(AbortSignal.abort())).rejects.toThrow('aborted');
    expect(calls).toBe(0);
  });
});
