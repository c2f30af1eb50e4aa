import { ClickmaskError } from '@clickmask/core';
import { foreignPage as foreignPageOf } from '@clickmask/core/adapters';

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
  // A server calls the function by whatever name its network has.
  if (site === undefined && !named.has('origin')) return null;
  // Nuclio's dashboard passes on what its own page asks; under a name that is a stranger's, "own" may be the stranger's page.
  const reason = foreignPageOf((name) => named.get(name), { origins: site === 'same-origin' ? ['*'] : [] });
  return reason === null ? null : new ClickmaskError('bad-format', reason);
}
