import { isIP } from 'node:net';
import { ClickmaskError } from '@clickmask/core';

/**
 * What is wrong with a request that a page of another origin may have sent from an annotator's browser, or null. CVAT's
 * server sends JSON, and is no browser; a page can send anything but JSON unasked, and its browser says where it comes from.
 */
export function foreignPage(headers: Readonly<Record<string, unknown>> = {}): ClickmaskError | null {
  const named = new Map(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), String(value)]));
  const type = named.get('content-type') ?? '';
  if (type !== '' && !/^application\/([\w.+-]+\+)?json\s*(;|$)/i.test(type)) {
    const message = `Expected content type application/json but received ${type.slice(0, 80)}.`;
    return new ClickmaskError('bad-format', message);
  }
  const site = named.get('sec-fetch-site');
  const origin = named.get('origin');
  const own = origin === undefined || isOwnPage(origin, named.get('host'));
  if (site === undefined ? own : site === 'same-origin' || site === 'none') return null;
  return new ClickmaskError('bad-format', 'A page of another origin may not call this function.');
}

/**
 * Whether a page came from the function's own address. A name of the internet does not count: whoever owns it can let it
 * mean this machine for a moment, and the page would pass for the function's own.
 */
function isOwnPage(origin: string, host: string | undefined): boolean {
  if (!URL.canParse(origin)) return false;
  const url = new URL(origin);
  const name = url.hostname.replace(/^\[|\]$/g, '');
  const isLocal = isIP(name) !== 0 || !name.includes('.') || /\.(localhost|local|internal)$/.test(name);
  return isLocal && url.host === host;
}
