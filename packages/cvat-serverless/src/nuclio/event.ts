/** The event that a function receives for one request. The names are nuclio's. */
export interface NuclioEvent {
  /** Bytes of the request. An object only if a trigger delivers structured data. */
  readonly body: Buffer | object;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly method: string;
  readonly path: string;
  readonly id: string;
  readonly timestamp: Date;
  readonly content_type: string;
  readonly [field: string]: unknown;
}

/**
 * Reads the processor's line for one event or a batch of events: JSON with the body in base64.
 *
 * The body is nearly the whole line, so it skips the JSON parser: base64 contains no quote, so its end is easy to find.
 * Anything unusual is parsed the plain way.
 */
export function readEvents(line: Buffer): { readonly batch: boolean; readonly events: readonly NuclioEvent[] } {
  const quick = line.length >= LARGE ? readLargeEvent(line) : null;
  if (quick !== null) return { batch: false, events: [quick] };
  const value: unknown = JSON.parse(line.toString('utf8'));
  if (Array.isArray(value)) return { batch: true, events: value.map((event) => toEvent(event)) };
  return { batch: false, events: [toEvent(value)] };
}

const LARGE = 64 * 1024;
const BODY = Buffer.from('"body":"');
/** Base64 characters to decode at a time, a multiple of four. Keeps strings far below V8's limit. */
const STEP = 4 * 1024 * 1024;

function readLargeEvent(line: Buffer): NuclioEvent | null {
  // The key belongs to the event itself only if nothing but an opening brace precedes it.
  if (line.indexOf(BODY) !== 1) return null;
  const start = 1 + BODY.length;
  const end = line.indexOf(0x22, start);
  if (end === -1) return null;
  const rest = `${line.toString('utf8', 0, start)}${line.toString('utf8', end)}`;
  const event: unknown = JSON.parse(rest);
  if (typeof event !== 'object' || event === null || Array.isArray(event)) return null;
  return toEvent({ ...event, body: decodeBase64(line, start, end) });
}

function decodeBase64(line: Buffer, start: number, end: number): Buffer {
  const bytes = Buffer.allocUnsafe(Math.ceil(((end - start) * 3) / 4));
  let length = 0;
  for (let from = start; from < end; from += STEP) {
    length += bytes.write(line.toString('latin1', from, Math.min(end, from + STEP)), length, 'base64');
  }
  return bytes.subarray(0, length);
}

function toEvent(value: unknown): NuclioEvent {
  const event = (typeof value === 'object' && value !== null ? value : {}) as Record<string, unknown>;
  const { body, timestamp } = event;
  const contentType = event.content_type ?? event['content-type'];
  return {
    ...event,
    body: typeof body === 'string' ? Buffer.from(body, 'base64') : ((body ?? Buffer.alloc(0)) as Buffer | object),
    timestamp: new Date(typeof timestamp === 'number' ? timestamp * 1000 : Date.now()),
    headers: (event.headers ?? {}) as Record<string, unknown>,
    method: String(event.method ?? ''),
    path: String(event.path ?? ''),
    id: String(event.id ?? ''),
    content_type: typeof contentType === 'string' ? contentType : '',
  };
}
