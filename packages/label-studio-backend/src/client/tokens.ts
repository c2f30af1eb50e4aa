import { Problem } from '../problems/index.js';

/** Makes the `Authorization` header for Label Studio. */
export interface TokenSource {
  /** `legacy` tokens are sent unchanged. `personal` ones are first exchanged for short-lived ones. */
  readonly kind: 'none' | 'legacy' | 'personal';
  /** Undefined if there is no token. */
  authorization(signal?: AbortSignal): Promise<string | undefined>;
  /**
   * Reports that a header was refused with 401, so that the next one is new. Returns false if the next one would be the
   * same.
   */
  refused(header: string): boolean;
  /** Reports that a header was accepted. */
  accepted?(header: string): void;
  /** What Label Studio last said about the token. */
  readonly state: TokenState;
}

export type TokenState = 'none' | 'untried' | 'good' | 'refused';

/** Exchanges a personal access token. Returns the status and, for 200, the parsed body. */
export type RefreshCall = (refresh: string) => Promise<{ readonly status: number; readonly body: unknown }>;

/**
 * Label Studio has two kinds of token. A legacy token is an opaque word, sent as `Token …`. A personal access token is
 * a JWT that must be exchanged at `/api/token/refresh/` for an access token that is valid for some minutes and sent as
 * `Bearer …`.
 *
 * All waiting callers share one exchange. It is repeated half a minute before the access token expires.
 */
export function createTokenSource(
  token: string | undefined,
  refresh: RefreshCall,
  now: () => number = Date.now,
): TokenSource {
  const kind = token === undefined || token === '' ? 'none' : isPersonalToken(token) ? 'personal' : 'legacy';
  let access: { header: string; until: number } | undefined;
  let pending: Promise<string> | undefined;
  let state: TokenState = kind === 'none' ? 'none' : 'untried';

  async function exchange(): Promise<string> {
    const { status, body } = await refresh(token ?? '');
    const value = typeof body === 'object' && body !== null && 'access' in body ? body.access : undefined;
    if (status !== 200 || typeof value !== 'string') {
      if (status === 401 || status === 403) state = 'refused';
      throw new Problem(
        'token-refused',
        `Expected an access token from Label Studio in exchange for the personal access token but received status ${status}.`,
      );
    }
    const expires = jwtPayload(value)?.exp;
    const until = typeof expires === 'number' ? expires * 1000 - 30_000 : now() + 4 * 60_000;
    access = { header: `Bearer ${value}`, until };
    return access.header;
  }

  return {
    kind,
    async authorization(signal) {
      if (kind === 'none') return undefined;
      if (kind === 'legacy') return `Token ${token}`;
      if (access !== undefined && now() < access.until) return access.header;
      signal?.throwIfAborted();
      // Independent of any one caller's signal, because others wait for it too.
      pending ??= exchange().finally(() => {
        pending = undefined;
      });
      return pending;
    },
    refused(header) {
      if (access?.header === header) access = undefined;
      if (kind === 'legacy') state = 'refused';
      return kind === 'personal';
    },
    accepted() {
      if (kind !== 'none') state = 'good';
    },
    get state() {
      return state;
    },
  };
}

/** Whether a token is a JWT that calls itself a refresh token, as personal access tokens do. */
export function isPersonalToken(token: string): boolean {
  return jwtPayload(token)?.token_type === 'refresh';
}

function jwtPayload(token: string): Readonly<Record<string, unknown>> | undefined {
  const parts = token.split('.');
  if (parts.length !== 3) return undefined;
  try {
    const payload: unknown = JSON.parse(Buffer.from(parts[1], 'base64url').toString('utf8'));
    return typeof payload === 'object' && payload !== null ? (payload as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
