import { lookup as dnsLookup } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import { Agent, request } from 'undici';
import type { TokenSource } from '../client/tokens.js';
import { Problem } from '../problems/index.js';
import { isPublicAddress } from './addresses.js';
import type { HostPolicy } from './host-policy.js';
import { servesFiles } from './locate.js';

export interface Fetched {
  readonly status: number;
  readonly type: string;
  readonly bytes: Uint8Array;
}

/** Fetches bytes by GET under the rules of a {@link HostPolicy}. */
export interface GuardedFetch {
  /**
   * @param project - whose token goes along
   * @throws Problem `host-refused`, `address-refused`, `token-missing`, `token-refused`, `picture-not-found`,
   * `picture-unreachable`, `picture-too-slow`, `picture-too-large`, `picture-url-unsupported`
   */
  get(url: URL, project: string, signal?: AbortSignal): Promise<Fetched>;
  close(): Promise<void>;
}

export interface GuardedFetchOptions {
  readonly policy: HostPolicy;
  readonly labelStudio?: URL;
  readonly tokensOf: (project: string) => TokenSource;
  readonly maxBytes: number;
  readonly timeoutMs: number;
  /** Replaces the system's name resolution, for tests. */
  readonly lookup?: LookupFunction;
}

const maxRedirects = 5;

/**
 * Every hop is checked anew: the host against the policy, the address that the name resolves to at the moment of
 * connecting (so that a name cannot change its address between check and use), and whether the token may go with it: only
 * to those routes of Label Studio that serve files.
 */
export function createGuardedFetch(options: GuardedFetchOptions): GuardedFetch {
  const { policy, labelStudio, tokensOf, maxBytes, timeoutMs } = options;
  const lookup = options.lookup ?? (dnsLookup as LookupFunction);
  const common = { connections: 16, headersTimeout: timeoutMs, bodyTimeout: timeoutMs, maxResponseSize: maxBytes };
  const open = new Agent({ ...common, connect: { timeout: Math.min(timeoutMs, 5000), lookup } });
  const guarded = new Agent({
    ...common,
    connect: { timeout: Math.min(timeoutMs, 5000), lookup: publicOnly(lookup) },
  });

  async function hop(url: URL, privateAllowed: boolean, authorization: string | undefined, signal: AbortSignal) {
    // A literal address is never looked up, so it is checked here.
    const literal = url.hostname.replace(/^\[|\]$/g, '');
    if (!privateAllowed && isIP(literal) !== 0 && !isPublicAddress(literal)) throw refusedAddress(url);
    try {
      return await request(url, {
        dispatcher: privateAllowed ? open : guarded,
        signal,
        headers: {
          accept: 'image/*,*/*;q=0.5',
          'accept-encoding': 'identity',
          'user-agent': 'clickmask-label-studio-backend',
          ...(authorization === undefined ? {} : { authorization }),
        },
      });
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
      const { statusCode: status, headers } = response;
      const next =
        status >= 300 && status < 400 && headers.location !== undefined
          ? parseLocation(String(headers.location), target)
          : undefined;
      const asksForLogin = own && (status === 401 || (next !== undefined && /\/user\/login/.test(next.pathname)));
      if (authorization !== undefined) {
        // The access token may have ended early, such as when Label Studio was restarted; or another token is there.
        if (asksForLogin && !retried && tokens.refused(authorization)) {
          await discard(response.body);
          retried = true;
          continue;
        }
        if (!asksForLogin && status < 400) tokens.accepted?.(authorization);
      }
      if (next !== undefined) {
        await discard(response.body);
        if (asksForLogin) throw loginProblem(tokens);
        fromPresign = own && /\/(?:presign|resolve|storage-data)\//.test(target.pathname);
        target = next;
        hops++;
        continue;
      }
      if (status < 200 || status >= 300) {
        await discard(response.body);
        throw statusProblem(status, own, tokens, target);
      }
      if (headers['content-encoding'] !== undefined && headers['content-encoding'] !== 'identity') {
        await discard(response.body);
        throw new Problem(
          'picture-unreadable',
          `Expected the picture as it is but received ${headers['content-encoding']}.`,
        );
      }
      const bytes = await readAll(response.body, Number(headers['content-length'] ?? 0), maxBytes, target);
      return { status, type: String(headers['content-type'] ?? ''), bytes };
    }
    throw new Problem('picture-unreachable', `Expected a picture but received more than ${maxRedirects} redirects.`);
  }

  return {
    async get(url, project, signal) {
      const deadline = AbortSignal.timeout(timeoutMs);
      const both = signal === undefined ? deadline : AbortSignal.any([signal, deadline]);
      try {
        return await get(url, tokensOf(project), both);
      } catch (error) {
        if (deadline.aborted) {
          throw new Problem('picture-too-slow', `Expected the picture within ${timeoutMs} ms from ${url.host}.`, {
            cause: error,
          });
        }
        throw error instanceof Problem ? error : connectionProblem(error, url);
      }
    },
    async close() {
      await Promise.all([open.destroy(), guarded.destroy()]);
    },
  };
}

class RefusedAddress extends Error {}

/** Wraps name resolution so that a name with any address that is not public gives an error. */
function publicOnly(lookup: LookupFunction): LookupFunction {
  return (hostname, options, callback) => {
    lookup(hostname, options, (error, address, family) => {
      if (error !== null) return callback(error, address, family);
      const addresses = typeof address === 'string' ? [address] : address.map((one) => one.address);
      if (addresses.length === 0 || !addresses.every(isPublicAddress)) {
        return callback(new RefusedAddress('not a public address'), '', 0);
      }
      callback(null, address, family);
    });
  };
}

async function readAll(
  body: AsyncIterable<Buffer> & { destroy(): unknown },
  declared: number,
  maxBytes: number,
  url: URL,
): Promise<Uint8Array> {
  const tooLarge = () =>
    new Problem('picture-too-large', `Expected a picture of at most ${maxBytes} bytes from ${url.host}.`);
  const parts: Buffer[] = [];
  let length = 0;
  try {
    if (declared > maxBytes) throw tooLarge();
    for await (const part of body) {
      length += part.length;
      if (length > maxBytes) throw tooLarge();
      parts.push(part);
    }
  } catch (error) {
    body.destroy();
    throw error;
  }
  return Buffer.concat(parts, length);
}

/** Ends an answer whose body nobody reads. The abort that this causes is expected. */
async function discard(body: { dump(options: { limit: number }): Promise<void> }): Promise<void> {
  await body.dump({ limit: 64 * 1024 }).catch(() => {});
}

function parseLocation(location: string, base: URL): URL {
  try {
    return new URL(location, base);
  } catch {
    throw new Problem('picture-unreachable', 'Expected an address to be redirected to but received something else.');
  }
}

function refusedAddress(url: URL, cause?: unknown): Problem {
  return new Problem('address-refused', `Expected a public address for ${url.hostname} but it is private or local.`, {
    cause,
  });
}

function loginProblem(tokens: TokenSource): Problem {
  return tokens.kind === 'none'
    ? new Problem('token-missing', 'Expected a picture from Label Studio but it asks for a login, and no token is set.')
    : new Problem(
        'token-refused',
        'Expected a picture from Label Studio but it asks for a login in spite of the token.',
      );
}

function statusProblem(status: number, own: boolean, tokens: TokenSource, url: URL): Problem {
  if (own && status === 401) return loginProblem(tokens);
  if (own && status === 403 && tokens.kind === 'none') return loginProblem(tokens);
  return new Problem('picture-not-found', `Expected a picture but ${url.host} answered with status ${status}.`, {
    details: { status, path: url.pathname.slice(0, 200) },
  });
}

function connectionProblem(error: unknown, url: URL): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof RefusedAddress) return refusedAddress(url, error);
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (code.includes('TIMEOUT')) {
    return new Problem('picture-too-slow', `Expected an answer from ${url.host} in time (${code}).`, { cause: error });
  }
  if (code === 'UND_ERR_RES_EXCEEDED_MAX_SIZE') {
    return new Problem('picture-too-large', `Expected a smaller picture from ${url.host}.`, { cause: error });
  }
  return new Problem(
    'picture-unreachable',
    `Expected an answer from ${url.host} but the connection failed (${code}).`,
    {
      cause: error,
    },
  );
}
