import type { IncomingMessage } from 'node:http';
import { describe, expect, it } from 'vitest';
import type { AuthOptions } from '../options/index.js';
import { createGates } from './auth.js';

const basic = { user: 'labels', password: 'pass:word é' };
const encoded = (text: string) => Buffer.from(text).toString('base64');
const password = { authorization: `Basic ${encoded('labels:pass:word é')}` };
const secret = { 'x-clickmask-secret': 'secret' };

/** Which of the two gates let a request pass. */
function passes(auth: AuthOptions | undefined, headers: IncomingMessage['headers']) {
  const gates = createGates(auth);
  const through = (gate: 'events' | 'rest') => {
    let passed = false;
    try {
      gates[gate]({ headers } as IncomingMessage, undefined, () => {
        passed = true;
      });
    } catch (error) {
      expect(error).toMatchObject({ reason: 'unauthorized' });
    }
    return passed;
  };
  return { events: through('events'), rest: through('rest') };
}
const all = { events: true, rest: true };
const none = { events: false, rest: false };

describe('createGates', () => {
  it.each<[string, AuthOptions | undefined, IncomingMessage['headers'], object]>([
    ['everybody without options', undefined, {}, all],
    ['everybody without password and secret', {}, {}, all],
    ['the password', { basic }, password, all],
    ['nobody else', { basic }, {}, none],
    ['no webhook by a secret that is not set', { basic }, secret, none],
    ['events by the secret, and the rest', { webhookSecret: 'secret' }, secret, all],
    ['no events without the secret', { webhookSecret: 'secret' }, {}, { events: false, rest: true }],
    ['no events by a password that is not set', { webhookSecret: 'secret' }, password, { events: false, rest: true }],
    ['events by the secret alone', { basic, webhookSecret: 'secret' }, secret, { events: true, rest: false }],
    ['events by the password too', { basic, webhookSecret: 'secret' }, password, all],
    ['no guess', { basic, webhookSecret: 'secret' }, { 'x-clickmask-secret': 'secrets' }, none],
    [
      'no two secrets',
      { basic, webhookSecret: 'secret' },
      { 'x-clickmask-secret': ['secret', 'secret'] as never },
      none,
    ],
  ])('lets in %s', (_, auth, headers, expected) => {
    expect(passes(auth, headers)).toEqual(expected);
  });

  it.each<[string, string, boolean]>([
    ['in lower case', `basic ${encoded('labels:pass:word é')}`, true],
    ['after two spaces', `Basic  ${encoded('labels:pass:word é')}`, true],
    ['with another user', `Basic ${encoded('label:pass:word é')}`, false],
    ['with another password', `Basic ${encoded('labels:pass:word e')}`, false],
    ['with a part of the password', `Basic ${encoded('labels:pass')}`, false],
    ['with the user alone', `Basic ${encoded('labels')}`, false],
    ['with nothing', 'Basic ', false],
    ['of another scheme', `Bearer ${encoded('labels:pass:word é')}`, false],
    ['behind something else', `x Basic ${encoded('labels:pass:word é')}`, false],
    ['before something else', `Basic ${encoded('labels:pass:word é')} x`, false],
  ])('takes a password %s: %s', (_, authorization, expected) => {
    expect(passes({ basic }, { authorization }).rest).toBe(expected);
  });

  it('takes a text without colon neither for an empty user nor for an empty password', () => {
    expect(passes({ basic: { user: '', password: 'x' } }, { authorization: `Basic ${encoded('x')}` }).rest).toBe(false);
    expect(passes({ basic: { user: '', password: 'x' } }, { authorization: `Basic ${encoded(':x')}` }).rest).toBe(true);
  });
});
