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
  const own = origin === undefined || (URL.canParse(origin) && new URL(origin).host === named.get('host'));
  if (site === undefined ? own : site === 'same-origin' || site === 'none') return null;
  return new ClickmaskError('bad-format', 'A page of another origin may not call this function.');
}
