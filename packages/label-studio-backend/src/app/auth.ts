import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { AuthOptions } from '../options/index.js';
import { Problem } from '../problems/index.js';

/**
 * Name of the header that carries a webhook's secret.
 *
 * @example
 * ```ts
 * import { webhookSecretHeader } from '@clickmask/label-studio-backend';
 *
 * console.log(webhookSecretHeader); // x-clickmask-secret
 * ```
 */
export const webhookSecretHeader = 'x-clickmask-secret';

/** The check that runs before a route. */
type Gate = (request: IncomingMessage, response: unknown, next: () => void) => void;

/** `events` is for the routes that receive events and also accept the secret; `rest` is for all others. */
export function createGates(auth: AuthOptions = {}): { readonly events: Gate; readonly rest: Gate } {
  const { basic, webhookSecret } = auth;
  const gate =
    (mayPass: (request: IncomingMessage) => boolean): Gate =>
    (request, _response, next) => {
      if (mayPass(request)) return next();
      throw new Problem('unauthorized', 'Expected the user and password of the backend.');
    };
  const rest = gate((request) => basic === undefined || hasPassword(request, basic));
  if (webhookSecret === undefined) return { events: rest, rest };
  const events = gate((request) => {
    const given = request.headers[webhookSecretHeader];
    if (typeof given === 'string' && sameText(given, webhookSecret)) return true;
    // If a secret is set, events need the secret or the password.
    return basic !== undefined && hasPassword(request, basic);
  });
  return { events, rest };
}

function hasPassword(request: IncomingMessage, basic: { readonly user: string; readonly password: string }): boolean {
  const encoded = /^basic\s+([A-Za-z0-9+/_=-]{1,4096})$/i.exec(request.headers.authorization ?? '')?.[1];
  if (encoded === undefined) return false;
  const decoded = Buffer.from(encoded, 'base64').toString('utf8');
  const colon = decoded.indexOf(':');
  const user = sameText(decoded.slice(0, Math.max(0, colon)), basic.user);
  const password = sameText(decoded.slice(colon + 1), basic.password);
  return colon !== -1 && user && password;
}

/** Compares in a time that does not depend on the position of the difference or on the lengths. */
function sameText(a: string, b: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}
