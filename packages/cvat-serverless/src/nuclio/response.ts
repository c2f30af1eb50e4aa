/** A reply in nuclio's form: what `new context.Response(...)` makes. */
export class NuclioResponse {
  readonly body: string | Buffer;
  readonly headers: Readonly<Record<string, string | number>>;
  readonly content_type: string;
  readonly status_code: number;
  readonly body_encoding: 'text' | 'base64';

  constructor(
    body: unknown = '',
    headers: Readonly<Record<string, string | number>> | null = {},
    contentType = 'text/plain',
    statusCode = 200,
    bodyEncoding: 'text' | 'base64' = 'text',
  ) {
    const plain = typeof body === 'string' || Buffer.isBuffer(body);
    this.body = plain ? body : (JSON.stringify(body ?? null) ?? 'null');
    this.content_type = plain ? contentType : 'application/json';
    this.headers = headers ?? {};
    this.status_code = statusCode;
    this.body_encoding = bodyEncoding;
  }
}

/**
 * Normalises any value that a handler calls back with: text, bytes, `[status, body]`, a response, or another value as
 * JSON.
 */
export function toResponse(value: unknown): NuclioResponse {
  if (value instanceof NuclioResponse) return value;
  if (typeof value === 'string' || Buffer.isBuffer(value)) return new NuclioResponse(value);
  if (value instanceof Uint8Array) return new NuclioResponse(Buffer.from(value.buffer, value.byteOffset, value.length));
  if (Array.isArray(value) && value.length === 2 && Number.isInteger(value[0])) {
    return new NuclioResponse(value[1] ?? '', {}, undefined, value[0] as number);
  }
  if (value === undefined) return new NuclioResponse('');
  return new NuclioResponse(value);
}

/** The processor's line for a reply, including `r` and the newline. Bytes travel as base64. */
export function writeResponse(response: NuclioResponse, eventId: string): string {
  return `r${responseJson(response, eventId)}\n`;
}

/** The processor's line for the replies to a batch. */
export function writeBatch(responses: readonly (readonly [NuclioResponse, string])[]): string {
  return `r[${responses.map(([response, id]) => responseJson(response, id)).join(',')}]\n`;
}

function responseJson(response: NuclioResponse, eventId: string): string {
  const { body } = response;
  const head = {
    event_id: eventId,
    content_type: response.content_type,
    headers: response.headers,
    status_code: response.status_code,
  };
  // Base64 needs no escaping, so a large body is concatenated and not stringified.
  const tail = Buffer.isBuffer(body)
    ? `"body_encoding":"base64","body":"${body.toString('base64')}"}`
    : `"body_encoding":"${response.body_encoding}","body":${JSON.stringify(body)}}`;
  return `${JSON.stringify(head).slice(0, -1)},${tail}`;
}
