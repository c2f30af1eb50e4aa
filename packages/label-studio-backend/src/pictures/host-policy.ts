import { Problem } from '../problems/index.js';

/** Which hosts may be fetched from. */
export interface HostPolicy {
  /**
   * Checks an address before anything is sent to it.
   *
   * @param fromPresign - whether Label Studio's own presign route redirected there
   * @returns whether private addresses are allowed for it
   * @throws Problem `host-refused`, `picture-url-unsupported`
   */
  check(url: URL, fromPresign?: boolean): { readonly privateAllowed: boolean };
}

export interface HostPolicyOptions {
  /** Label Studio itself. It may have a private address. */
  readonly labelStudio?: URL;
  /** Host names. `*.example.com` means all hosts below one, `*` every public host, and `:port` only that port. */
  readonly hosts: readonly string[];
  /** The same, with private addresses allowed. */
  readonly privateHosts: readonly string[];
}

/** The hosts of presigned addresses for the three cloud storages that Label Studio supports. */
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
