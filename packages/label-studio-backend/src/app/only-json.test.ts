import type { Request, Response } from 'express';
import { describe, expect, it } from 'vitest';
import { noForeignPage } from './no-foreign-page.js';
import { onlyJson } from './only-json.js';

function passes(check: typeof onlyJson, headers: Record<string, string>): boolean | string {
  const type = headers['content-type'] ?? '';
  const request = { headers, is: (wanted: string) => (type.startsWith(wanted) ? wanted : type === '' ? null : false) };
  let passed = false;
  try {
    check(request as unknown as Request, {} as Response, () => {
      passed = true;
    });
  } catch (error) {
    return (error as { reason: string }).reason;
  }
  return passed;
}
const json = { 'content-type': 'application/json' };

describe('onlyJson', () => {
  it.each<[string, Record<string, string>, boolean | string]>([
    ['JSON', json, true],
    ['JSON that somebody typed an address for', { ...json, 'sec-fetch-site': 'none' }, true],
    ['JSON of a page', { ...json, 'sec-fetch-site': 'same-origin' }, 'bad-request'],
    ['JSON of an old browser', { ...json, origin: 'http://localhost' }, 'bad-request'],
    ['a form', { 'content-type': 'text/plain' }, 'bad-request'],
    ['something without type', {}, 'bad-request'],
  ])('%s', (_, headers, expected) => {
    expect(passes(onlyJson, headers)).toBe(expected);
  });

  it('names the type that came, or its beginning', () => {
    for (const [type, named] of [
      ['text/plain', /text\/plain/],
      [undefined, /none/],
      [`text/${'x'.repeat(1000)}`, /text\/x{75}\.$/],
    ] as const) {
      const request = { headers: { 'content-type': type }, is: () => false } as unknown as Request;
      expect(() => onlyJson(request, {} as Response, () => {})).toThrow(named);
    }
  });
});

describe('noForeignPage', () => {
  const basic = { user: 'a', password: 'b' };
  it.each<[string, Parameters<typeof noForeignPage>[0], Record<string, string>, boolean | string]>([
    ['a program', undefined, {}, true],
    ['a page of this origin', {}, { host: 'localhost:9090', origin: 'http://localhost:9090' }, true],
    ['a page of another origin', {}, { host: 'localhost:9090', origin: 'http://evil.example' }, 'foreign-page'],
    ['a name that was pointed here', {}, { host: 'evil.example' }, 'foreign-page'],
    ['a name that is known', { hosts: ['clicks.example.com'] }, { host: 'clicks.example.com' }, true],
    ['any name with a password', { basic }, { host: 'evil.example' }, true],
  ])('%s', (_, auth, headers, expected) => {
    expect(passes(noForeignPage(auth), headers)).toBe(expected);
  });
});
