import type { LookupFunction } from 'node:net';
import { isClickmaskError } from '@clickmask/core';
import { createHttpClient, type HttpResponse, redirectOf } from '@clickmask/core/adapters';
import type { TokenSource } from '../client/tokens.js';
import { Problem } from '../problems/index.js';
import type { HostPolicy } from './host-policy.js';
import { servesFiles } from './locate.js';

export interface Fetched {
  readonly type: string;
  readonly bytes: Uint8Array;
}

/** Fetches bytes with GET under the rules of a {@link HostPolicy}. */
export interface GuardedFetch {
  /**
   * @param project - the project whose token is sent
   * @throws Problem `host-refused`, `address-refused`, `token-missing`, `token-refused`, `picture-not-found`,
   * `picture-unreachable`, `picture-too-slow`, `picture-too-large`, `picture-url-unsupported`
   */
  get(url: URL, project: string, signal?: AbortSignal): Promise<Fetched>;
  close(): void;
}

export interface GuardedFetchOptions {
  readonly policy: HostPolicy;
  readonly labelStudio?: URL;
  readonly tokensOf: (project: string) => TokenSource;
  readonly maxBytes: number;
  readonly timeoutMs: number;
  /** Replaces the system's name resolution in tests. */
  readonly lookup?: LookupFunction;
}

const maxRedirects = 5;

/**
 * Checks every redirect anew: the host against the policy, and the address that the name resolves to when the
 * connection is made, so that it cannot change between check and use. The token is sent only to the routes of Label
 * Studio that serve files.
 */
export function createGuardedFetch(options: GuardedFetchOptions): GuardedFetch {
  const { policy, labelStudio, tokensOf, maxBytes, timeoutMs, lookup } = options;
  const http = createHttpClient({ maxBytes, timeoutMs, lookup, userAgent: 'clickmask-label-studio-backend' });

  async function hop(url: URL, privateAddresses: boolean, authorization: string | undefined, signal: AbortSignal) {
    const headers = {
      accept: 'image/*,*/*;q=0.5',
      'accept-encoding': 'identity',
      ...(authorization === undefined ? {} : { authorization }),
    };
    try {
      return await http.send({ url, headers, privateAddresses, signal });
    } catch (error) {
      throw connectionProblem(error, url);
    }
  }

  async function get(url: URL, tokens: TokenSource, signal: AbortSignal): Promise<Fetched> {
    let target = url;
    let fromPresign = false;
    let retried = false;
    for (let hops = 0; hops <= maxRedirects; ) {
      const { privateAllowed } = policy.check(target, fromPresign);
      const own = labelStudio !== undefined && target.origin === labelStudio.origin;
      const authorization = own && servesFiles(target, labelStudio) ? await tokens.authorization(signal) : undefined;
      const response = await hop(target, privateAllowed, authorization, signal);
      const { status, headers } = response;
      const next = redirectTarget(response);
      const asksForLogin = own && (status === 401 || (next !== null && /\/user\/login/.test(next.pathname)));
      if (authorization !== undefined) {
        // The access token may have expired early, for example after a restart of Label Studio. Or there is a new
        // token.
        if (asksForLogin && !retried && tokens.refused(authorization)) {
          retried = true;
          continue;
        }
        if (!asksForLogin && status < 400) tokens.accepted?.(authorization);
      }
      if (next !== null) {
        if (asksForLogin) throw loginProblem(tokens);
        fromPresign = own && /\/(?:presign|resolve|storage-data)\//.test(target.pathname);
        target = next;
        hops++;
        continue;
      }
      if (status < 200 || status >= 300) throw statusProblem(status, own, tokens, target);
      return { type: String(headers['content-type'] ?? ''), bytes: response.bytes };
    }
    throw new Problem('picture-unreachable', `Expected an image but received more than ${maxRedirects} redirects.`);
  }

  return {
    async get(url, project, signal) {
      const deadline = AbortSignal.timeout(timeoutMs);
      const both = signal === undefined ? deadline : AbortSignal.any([signal, deadline]);
      try {
        return await get(url, tokensOf(project), both);
      } catch (error) {
        if (deadline.aborted) throw tooSlow(url, error);
        throw error instanceof Problem ? error : connectionProblem(error, url);
      }
    },
    close: () => http.close(),
  };
}

function redirectTarget(response: HttpResponse): URL | null {
  try {
    return redirectOf(response);
  } catch (cause) {
    const message = 'Expected an address to be redirected to but received something else.';
    throw new Problem('picture-unreachable', message, { cause });
  }
}

function loginProblem(tokens: TokenSource): Problem {
  return tokens.kind === 'none'
    ? new Problem('token-missing', 'Expected an image from Label Studio but it asks for a login, and no token is set.')
    : new Problem(
        'token-refused',
        'Expected an image from Label Studio but it asks for a login in spite of the token.',
      );
}

function statusProblem(status: number, own: boolean, tokens: TokenSource, url: URL): Problem {
  if (own && status === 401) return loginProblem(tokens);
  if (own && status === 403 && tokens.kind === 'none') return loginProblem(tokens);
  return new Problem('picture-not-found', `Expected an image but ${url.host} answered with status ${status}.`, {
    details: { status, path: url.pathname.slice(0, 200) },
  });
}

/** Translates the client's errors to the reasons of this package. */
function connectionProblem(error: unknown, url: URL): Problem {
  if (error instanceof Problem) return error;
  const options = { cause: error };
  if (isClickmaskError(error, 'deadline-exceeded')) return tooSlow(url, error);
  switch (isClickmaskError(error, 'request-failed') ? error.details.reason : undefined) {
    case 'address-refused': {
      const message = `Expected a public address for ${url.hostname} but it is private or local.`;
      return new Problem('address-refused', message, options);
    }
    case 'too-large':
      return new Problem('picture-too-large', `Expected a smaller image from ${url.host}.`, options);
    case 'bad-encoding':
      return new Problem(
        'picture-unreadable',
        'Expected an uncompressed answer but received a compressed one.',
        options,
      );
    default: {
      const message = `Expected an answer from ${url.host} but the connection failed.`;
      return new Problem('picture-unreachable', message, options);
    }
  }
}

function tooSlow(url: URL, cause: unknown): Problem {
  return new Problem('picture-too-slow', `Expected the image in time from ${url.host}.`, { cause });
}
