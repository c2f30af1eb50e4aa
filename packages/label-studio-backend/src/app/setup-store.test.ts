import { describe, expect, it } from 'vitest';
import { createTokenSource } from '../client/index.js';
import { createSetupStore } from './setup-store.js';

const makeTokens = (token: string) => createTokenSource(token, async () => ({ status: 500, body: undefined }));

describe('createSetupStore', () => {
  it('keeps within its bytes, and forgets what was set up longest ago', () => {
    const store = createSetupStore({ makeTokens, maxBytes: 10e6 });
    const schema = 'x'.repeat(1e6);
    for (let i = 0; i < 6; i++) store.remember(String(i), schema, 'token-of-project');
    expect([0, 1, 2, 3, 4, 5].filter((i) => store.schema(String(i)) !== undefined)).toEqual([2, 3, 4, 5]);
    expect(store.tokens('0')).toBeUndefined();
    store.remember('5', schema, undefined);
    expect(store.schema('2')).toBe(schema);
  });

  it('lets a few huge configs push out each other, and no small one', () => {
    const store = createSetupStore({ makeTokens, maxBytes: 10e6 });
    store.remember('ours', '<View/>', 'token-of-project');
    for (let i = 0; i < 17; i++) store.remember(String(i), 'x'.repeat(1e6), 'token-of-project');
    expect(store.schema('ours')).toBe('<View/>');
    expect(store.schema('16')).toHaveLength(1e6);
  });

  it('keeps what a later setup leaves out, and takes no token that no header can carry', async () => {
    const store = createSetupStore({ makeTokens });
    store.remember('1', '<View/>', 'good-token');
    store.remember('1', undefined, 'bad\ntoken');
    expect(store.schema('1')).toBe('<View/>');
    expect(await store.tokens('1')?.authorization()).toBe('Token good-token');
  });

  it('takes configs and tokens of the largest size, and none beyond', async () => {
    const store = createSetupStore({ makeTokens });
    const used = async (schema: string, token: string) => {
      store.remember('1', '<View/>', 'old-token');
      store.remember('1', schema, token);
      return [store.schema('1')?.length, (await store.tokens('1')?.authorization())?.length];
    };
    const old = ['<View/>'.length, 'Token old-token'.length];
    expect(await used('x'.repeat(1e6 + 1), 'short')).toEqual(old);
    expect(await used('x'.repeat(1e6), 'sixsix')).toEqual([1e6, 'Token sixsix'.length]);
    for (const token of ['x'.repeat(4097), 'five5', 'with space', 'ümlaut', ' before', 'behind\n']) {
      const fresh = createSetupStore({ makeTokens });
      fresh.remember('1', '<View/>', token);
      expect(await fresh.tokens('1')?.authorization()).toBe(undefined);
    }
    for (const token of ['x'.repeat(4096), 'sixsix']) {
      const fresh = createSetupStore({ makeTokens });
      fresh.remember('1', '<View/>', token);
      expect(await fresh.tokens('1')?.authorization()).toBe(`Token ${token}`);
    }
  });

  it('knows no config of a project that sent only one that is too long', () => {
    const store = createSetupStore({ makeTokens });
    store.remember('1', 'x'.repeat(1e6 + 1), undefined);
    expect(store.schema('1')).toBe(undefined);
    expect(store.tokens('1')).toBeDefined();
  });

  it('knows the token of the project that was set up last', () => {
    const store = createSetupStore({ makeTokens });
    expect([store.kind, store.state]).toEqual(['none', 'none']);
    store.remember('1', '<View/>', 'good-token');
    expect([store.kind, store.state]).toEqual(['legacy', 'untried']);
    store.remember('2', '<View/>', undefined);
    expect(store.kind).toBe('none');
  });

  it('keeps what fills its bytes, and drops of equal ones the oldest', () => {
    const bytes = 2 * 7 + 4 * 4096;
    const store = createSetupStore({ makeTokens, maxBytes: 3 * bytes });
    const kept = () => [1, 2, 3, 4].filter((i) => store.schema(String(i)) !== undefined);
    for (const i of [1, 2, 3]) store.remember(String(i), '<View/>', undefined);
    expect(kept()).toEqual([1, 2, 3]);
    // Set up again: the second is the oldest now.
    store.remember('1', '<View/>', undefined);
    store.remember('4', '<View/>', undefined);
    expect(kept()).toEqual([1, 3, 4]);
  });
});
