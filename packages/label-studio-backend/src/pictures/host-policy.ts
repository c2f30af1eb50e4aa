import { Problem } from '../problems/index.js';

/** Which hosts may be fetched from. */
export interface HostPolicy {
  /**
   * Checks an address before anything is sent to it.
   *
   * @param fromPresign - whether Label Studio itself redirected there from its presign route
   * @returns whether private addresses are acceptable for it
   * @throws Problem `host-refused`, `picture-url-unsupported`
   */
  check(url: URL, fromPresign?: boolean): { readonly privateAllowed: boolean };
}

export interface HostPolicyOptions {
  /** Label Studio itself, which may be on a private address. */
  readonly labelStudio?: URL;
  /** Host names, `*.example.com` for all below one, `*` for every public host; with `:port` for that port only. */
  readonly hosts: readonly string[];
  /** As `hosts`, and private addresses are fine too. */
  readonly privateHosts: readonly string[];
}

/** Where the presigned addresses of the three cloud storages that Label Studio speaks to point. */
const cloudStorage = [
  '*.amazonaws.com',
  'storage.googleapis.com',
  '*.storage.googleapis.com',
  '*.blob.core.windows.net',
];

export function createHostPolicy({ labelStudio, hosts, privateHosts }: HostPolicyOptions): HostPolicy {
  return {
    check(url, fromPresign = false) {
      if (url.protocol !== 'http:' && url.protocol !== 'https:') {
        throw new Problem('picture-url-unsupported', `Expected an http or https address but received ${url.protocol}`);
      }
      if (labelStudio !== undefined && url.origin === labelStudio.origin) return { privateAllowed: true };
      if (privateHosts.some((pattern) => matches(pattern, url))) return { privateAllowed: true };
      const allowed = fromPresign ? [...hosts, ...cloudStorage] : hosts;
      if (allowed.some((pattern) => matches(pattern, url))) return { privateAllowed: false };
      throw new Problem(
        'host-refused',
        `Expected an image from Label Studio or an allowed host but received ${url.host}.`,
      );
    },
  };
}

function matches(pattern: string, url: URL): boolean {
  const [, name, port] = /^(.*?)(?::(\d+))?$/.exec(pattern.trim().toLowerCase()) ?? [];
  const actualPort = url.port === '' ? (url.protocol === 'https:' ? '443' : '80') : url.port;
  if (port !== undefined && port !== actualPort) return false;
  const host = url.hostname.toLowerCase().replace(/\.$/, '');
  if (name === '*') return true;
  return name.startsWith('*.') ? host.endsWith(name.slice(1)) : host === name;
}
