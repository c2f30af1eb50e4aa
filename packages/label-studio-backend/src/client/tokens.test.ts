import { describe, expect, it } from 'vitest';
import { createOfferedTokens, createTokenSource } from './index.js';

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

describe('createOfferedTokens', () => {
  const revoked = new Set<string>();
  const make = (token: string) =>
    createTokenSource(token, async (refresh) =>
      revoked.has(refresh) ? { status: 401, body: {} } : { status: 200, body: { access: `access-${refresh.length}` } },
    );

  it('uses the latest token while none has worked', async () => {
    const tokens = createOfferedTokens(make);
    expect([tokens.kind, await tokens.authorization()]).toEqual(['none', undefined]);
    tokens.offer('first');
    tokens.offer('second');
    expect(await tokens.authorization()).toBe('Token second');
    // With nothing in its place it stays, so that the error can say that it is refused.
    expect(tokens.refused('Token second')).toBe(false);
    expect(tokens.kind).toBe('legacy');
  });

  it('forgets a newer token when the one that works is sent again', async () => {
    const tokens = createOfferedTokens(make);
    tokens.offer('works');
    tokens.accepted?.((await tokens.authorization()) ?? '');
    tokens.offer('forged');
    tokens.offer('works');
    expect(tokens.refused('Token works')).toBe(false);
    expect(await tokens.authorization()).toBe('Token works');
  });

  it('goes over to the newer token when the exchange of the other is refused', async () => {
    const tokens = createOfferedTokens(make);
    tokens.offer(personal);
    const header = (await tokens.authorization()) ?? '';
    tokens.accepted?.(header);
    tokens.offer('newer');
    expect(tokens.refused(header)).toBe(true);
    expect(await tokens.authorization()).toBe(header);
    revoked.add(personal);
    expect(tokens.refused(header)).toBe(true);
    expect(await Promise.all([tokens.authorization(), tokens.authorization()])).toEqual(['Token newer', 'Token newer']);
  });
});
