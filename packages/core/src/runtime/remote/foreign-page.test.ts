import { describe, expect, it } from 'vitest';
import { foreignPage, type PageRules } from './foreign-page.js';

const ask = (headers: Readonly<Record<string, string>>, rules?: PageRules) =>
  foreignPage((name) => headers[name], rules);

describe('foreignPage', () => {
  it.each([
    ['no browser', {}],
    ['a server by name', { host: 'clickmask:9090' }],
    [
      'a page of this server',
      { host: 'localhost:9090', origin: 'http://localhost:9090', 'sec-fetch-site': 'same-origin' },
    ],
    ['the address bar', { host: '127.0.0.1:9090', 'sec-fetch-site': 'none' }],
    ['behind a proxy that takes https', { host: '192.168.1.7', origin: 'https://192.168.1.7' }],
    ['the default port, said', { host: '[::1]:443', origin: 'https://[::1]' }],
    ['a name below localhost', { host: 'app.localhost' }],
    ['a container by name', { host: 'host.docker.internal:8070' }],
    ['a service of Kubernetes', { host: 'nuclio-clickmask.nuclio.svc.cluster.local:8080' }],
  ])('lets pass: %s', (_, headers) => {
    expect(ask(headers)).toBeNull();
  });

  it.each([
    ['another port', { host: 'localhost:9090', origin: 'http://localhost:8080' }],
    ['another scheme than its port', { host: 'localhost:80', origin: 'https://localhost' }],
    ['another origin', { host: 'localhost:9090', origin: 'https://evil.example' }],
    ['a page without an origin', { host: 'localhost:9090', origin: 'null' }],
    ['no origin, but another site', { host: 'localhost:9090', 'sec-fetch-site': 'cross-site' }],
    ['a sister of this host', { host: 'localhost:9090', 'sec-fetch-site': 'same-site' }],
    ['nonsense', { host: 'localhost:9090', 'sec-fetch-site': 'SAME-ORIGIN, none' }],
    ['an origin that is none', { host: 'localhost', origin: 'localhost' }],
  ])('refuses %s', (_, headers) => {
    expect(ask(headers)).toBe('Pages of other origins may not send requests here.');
  });

  it.each([
    'evil.example',
    'evil.example:9090',
    'localhost.evil.example',
    '127.0.0.1.evil.example',
    'a b',
    '1.2.3.4.nip.io',
    'internal.example',
    'evilinternal.example',
    'notcluster.local',
  ])('refuses a page that made its own name point here: %s', (host) => {
    expect(ask({ host, origin: `http://${host}`, 'sec-fetch-site': 'same-origin' })).toMatch(/^Expected a known name/);
  });

  it('knows the names and origins that are allowed', () => {
    const rules = { hosts: ['Labels.example.org'], origins: ['https://app.example.org'] };
    const host = 'labels.example.org:443';
    expect(ask({ host }, rules)).toBeNull();
    expect(ask({ host: 'other.example.org' }, rules)).not.toBeNull();
    expect(ask({ host, origin: 'https://app.example.org', 'sec-fetch-site': 'same-site' }, rules)).toBeNull();
    expect(ask({ host, origin: 'https://app.example.org.evil.example' }, rules)).not.toBeNull();
    expect(ask({ host: 'any.example', origin: 'https://one.example' }, { hosts: ['*'], origins: ['*'] })).toBeNull();
    expect(ask({ host: 'any.example', origin: 'https://one.example' }, { hosts: ['*'] })).not.toBeNull();
  });
});
