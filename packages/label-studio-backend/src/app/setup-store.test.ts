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
});
