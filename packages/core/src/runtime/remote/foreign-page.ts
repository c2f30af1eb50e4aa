/** Whose web pages may send requests. */
export interface PageRules {
  /** Origins whose pages may send requests, besides the server's own. `*` means every one. Default: none. */
  readonly origins?: readonly string[];
  /**
   * Names of the server, without port. `*` means every one. Default: addresses, names without a dot, and names below
   * `localhost`, `internal`, `home.arpa` and `cluster.local`, which no stranger can register.
   */
  readonly hosts?: readonly string[];
}

/**
 * Why a request is refused because a page of another origin may have sent it from somebody's browser; null if it is
 * fine.
 *
 * A browser names the page's origin (`Sec-Fetch-Site`, `Origin`) and the requested name (`Host`). A page may point its
 * own host name here (DNS rebinding) and is then of the same origin. Other clients send none of these.
 *
 * @param header - returns the value of a header by its lower-case name; null or undefined if it is absent
 *
 * @example
 * ```ts
 * import { foreignPage } from '@clickmask/core/adapters';
 *
 * const headers = new Headers({ host: 'localhost:9090', origin: 'https://evil.example' });
 * console.log(foreignPage((name) => headers.get(name))); // Pages of other origins may not send requests here.
 * console.log(foreignPage((name) => headers.get(name), { origins: ['https://evil.example'] })); // null
 * ```
 */
export function foreignPage(
  header: (name: string) => string | null | undefined,
  { origins = [], hosts }: PageRules = {},
): string | null {
  const host = header('host') ?? '';
  if (!isKnownHost(host, hosts)) {
    return `Expected a known name in the header Host but received '${host.slice(0, 80)}'. If it is a name of this server, allow it.`;
  }
  const origin = header('origin') ?? null;
  if (origins.includes('*') || (origin !== null && origins.includes(origin))) return null;
  const site = header('sec-fetch-site') ?? null;
  const isOwn = origin === null || isOriginOf(origin, host);
  const isNear = site === null || site === 'same-origin' || site === 'none';
  return isOwn && isNear ? null : 'Pages of other origins may not send requests here.';
}

function isOriginOf(origin: string, host: string): boolean {
  if (!URL.canParse(origin)) return false;
  const url = new URL(origin);
  // Uses the origin's own scheme, whose port may be left out: a proxy may accept https for a server that only knows
  // http.
  const own = `${url.protocol}//${host}`;
  return URL.canParse(own) && new URL(own).host === url.host;
}

/** Nobody can register a name below these. */
const reserved = /\.(?:localhost|internal|home\.arpa|cluster\.local)\.?$/;

function isKnownHost(host: string, hosts: readonly string[] | undefined): boolean {
  if (hosts?.includes('*') === true || host === '') return true;
  if (!URL.canParse(`http://${host}`)) return false;
  const { hostname } = new URL(`http://${host}`);
  if (hosts?.some((name) => name.toLowerCase() === hostname) === true) return true;
  const isAddress = hostname.startsWith('[') || /^[\d.]+$/.test(hostname);
  return isAddress || !hostname.includes('.') || reserved.test(hostname);
}
