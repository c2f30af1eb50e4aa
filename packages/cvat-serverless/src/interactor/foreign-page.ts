import { ClickmaskError } from '@clickmask/core';
import { foreignPage as foreignPageOf } from '@clickmask/core/adapters';

/**
 * Why a request may come from a page of another origin in an annotator's browser; null if it does not. CVAT's server
 * sends JSON and is not a browser. A page cannot send JSON without asking first, and its browser names the page's
 * origin. CVAT's server compresses nothing either.
 */
export function foreignPage(headers: Readonly<Record<string, unknown>> = {}): ClickmaskError | null {
  const named = new Map(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), String(value)]));
  const type = named.get('content-type') ?? '';
  if (type !== '' && !/^application\/([\w.+-]+\+)?json\s*(;|$)/i.test(type)) {
    const message = `Expected content type application/json but received ${type.slice(0, 80)}.`;
    return new ClickmaskError('bad-format', message);
  }
  const packing = named.get('content-encoding') ?? 'identity';
  if (packing !== 'identity') {
    const message = `Expected a body that is not compressed but received ${packing.slice(0, 40)}.`;
    return new ClickmaskError('bad-format', message);
  }
  const site = named.get('sec-fetch-site');
  // A server may call the function by any name of its network.
  if (site === undefined && !named.has('origin')) return null;
  // nuclio's dashboard forwards requests of its own page. If the dashboard is called by a foreign name, "its own page"
  // may belong to a stranger.
  const reason = foreignPageOf((name) => named.get(name), { origins: site === 'same-origin' ? ['*'] : [] });
  return reason === null ? null : new ClickmaskError('bad-format', reason);
}
