import { ClickmaskError } from '@clickmask/core';

/** A request with limits on time and size. */
export interface HttpRequest {
  readonly url: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  readonly timeoutMs: number;
  /** Larger answers are given up. */
  readonly maxBytes: number;
  readonly signal?: AbortSignal;
}

export interface HttpReply {
  readonly status: number;
  readonly contentType: string;
  readonly bytes: Buffer;
}

/**
 * Sends a request. Redirects are not followed: they would take the credentials, or the caller, elsewhere.
 *
 * @throws ClickmaskError `request-failed` with the status and the server's words in `details`, `deadline-exceeded`, `aborted`
 */
export async function send(request: HttpRequest): Promise<HttpReply> {
  const { url, method = 'GET', headers = {}, body, timeoutMs, maxBytes, signal } = request;
  const where = withoutSecrets(url);
  const timeout = AbortSignal.timeout(timeoutMs);
  try {
    const response = await fetch(url, {
      method,
      headers,
      body: body as BodyInit | undefined,
      redirect: 'manual',
      signal: signal === undefined ? timeout : AbortSignal.any([timeout, signal]),
    });
    const bytes = await readLimited(response, maxBytes, where);
    if (response.status >= 300 && response.status < 400) {
      const target = withoutSecrets(response.headers.get('location') ?? 'elsewhere');
      throw failed(`${where} redirects to ${target}. Name that address if it is the right one.`, response.status);
    }
    if (!response.ok) {
      const words = bytes.toString('utf8', 0, 500).trim();
      throw failed(
        `${method} ${where} answered ${response.status}${words === '' ? '' : `: ${words}`}`,
        response.status,
      );
    }
    return { status: response.status, contentType: response.headers.get('content-type') ?? '', bytes };
  } catch (cause) {
    if (cause instanceof ClickmaskError) throw cause;
    if (signal?.aborted) throw new ClickmaskError('aborted', `${method} ${where} was called off.`, { cause });
    if (timeout.aborted)
      throw new ClickmaskError('deadline-exceeded', `${where} did not answer within ${timeoutMs} ms.`, { cause });
    const reason =
      cause instanceof Error ? ((cause.cause as Error | undefined)?.message ?? cause.message) : String(cause);
    throw failed(
      `${where} cannot be reached: ${reason}. Check the address and that the server runs.`,
      undefined,
      cause,
    );
  }
}

async function readLimited(response: Response, maxBytes: number, where: string): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    size += chunk.length;
    if (size > maxBytes) throw failed(`${where} sends more than ${maxBytes} bytes.`, response.status);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, size);
}

function failed(message: string, status?: number, cause?: unknown): ClickmaskError {
  return new ClickmaskError('request-failed', message, { details: status === undefined ? {} : { status }, cause });
}

/** An address as it may be shown: without user, password and query. */
function withoutSecrets(url: string): string {
  try {
    const { origin, pathname } = new URL(url);
    return `${origin}${pathname}`;
  } catch {
    return url.split('?')[0];
  }
}

/**
 * Checks an address given by a user.
 *
 * @throws ClickmaskError `bad-option`
 */
export function checkUrl(name: string, url: string): URL {
  const parsed = URL.canParse(url) ? new URL(url) : null;
  if (parsed === null || (parsed.protocol !== 'http:' && parsed.protocol !== 'https:')) {
    throw new ClickmaskError(
      'bad-option',
      `Expected an address such as http://localhost:8080 for ${name} but received "${url}".`,
    );
  }
  return parsed;
}
