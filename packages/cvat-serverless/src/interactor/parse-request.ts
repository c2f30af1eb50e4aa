import { type Box, ClickmaskError } from '@clickmask/core';
import { unexpected } from '@clickmask/core/errors';

/** A point of a request, in image px. */
export interface RequestPoint {
  readonly x: number;
  readonly y: number;
}

/** A request, independent of the CVAT version that sent it. */
export interface InteractorRequest {
  /**
   * The image's file in base64, without the prefix of a data URL. Text, or the text's bytes if the request came as
   * bytes.
   */
  readonly image: string | Buffer;
  readonly positive: readonly RequestPoint[];
  readonly negative: readonly RequestPoint[];
  /** In drawing order. CVAT 2.60 and later send more than one. */
  readonly boxes: readonly Box[];
  /** Probability threshold, if given. */
  readonly threshold: number | null;
}

/** Maximum points per list; longer lists are refused unread. */
const MAX_POINTS = 10_000;

/** Maximum objects per request. More would not be interaction. */
const MAX_BOXES = 16;

/** Requests of at least this many bytes skip the JSON parser for their image. */
const LARGE = 64 * 1024;
/** Where the image's key is searched first: CVAT writes it at the front, or after the threshold. */
const HEAD = 1024;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/**
 * Reads the body of an interactor request: bytes, text or a parsed object. Lists may be missing or null. Boxes may be
 * null, an empty list, pairs of corners, or four numbers. The image may be a data URL.
 *
 * @throws ClickmaskError `bad-format`, `bad-image`, `bad-click`, `bad-box`, `bad-option`, `too-many-clicks`
 */
export function parseRequest(body: unknown): InteractorRequest {
  const large = body instanceof Uint8Array && body.byteLength >= LARGE ? splitLarge(body) : null;
  const fields = large?.fields ?? parseBody(body);
  return {
    image: parseImage(large?.image ?? fields.image),
    positive: parsePoints('pos_points', fields.pos_points),
    negative: parsePoints('neg_points', fields.neg_points),
    boxes: parseBoxes(fields.obj_bbox),
    threshold: parseThreshold(fields.threshold),
  };
}

/**
 * Takes the image out of a request before its JSON is parsed. The image is nearly the whole request, and as text it
 * would be copied several times per click. Returns null for anything unusual, which is then parsed the usual way.
 */
function splitLarge(body: Uint8Array): { readonly fields: Record<string, unknown>; readonly image: Buffer } | null {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  const head = /"image"\s*:\s*"/.exec(bytes.toString('latin1', 0, HEAD));
  // If the image comes late, its key is searched after everything else.
  const start = head === null ? findLateImage(bytes) : head.index + head[0].length;
  if (start === null) return null;
  const end = bytes.indexOf(QUOTE, start);
  if (end === -1) return null;
  const image = bytes.subarray(start, end);
  if (image.indexOf(BACKSLASH) !== -1) return null;
  let fields: unknown;
  try {
    fields = JSON.parse(`${bytes.toString('utf8', 0, start)}${bytes.toString('utf8', end)}`);
  } catch {
    return null;
  }
  // An empty value at the top level is the one cut out here. Any other value belonged to another key.
  const own = typeof fields === 'object' && fields !== null && (fields as { image?: unknown }).image === '';
  return own ? { fields: fields as Record<string, unknown>, image } : null;
}

function findLateImage(bytes: Buffer): number | null {
  const at = bytes.indexOf('"image"', HEAD - 16);
  if (at === -1) return null;
  const key = /^"image"\s*:\s*"/.exec(bytes.toString('latin1', at, at + 64));
  return key === null ? null : at + key[0].length;
}

function parseBody(body: unknown): Record<string, unknown> {
  let value = body;
  if (value instanceof Uint8Array) {
    value = Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('utf8');
  }
  // A client that encodes twice sends a JSON string.
  for (let depth = 0; typeof value === 'string' && depth < 2; depth++) value = parseJson(value);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    const advice = 'Send what CVAT sends: {"image": base64, "pos_points": [[x, y]], "neg_points": [], "obj_bbox": []}.';
    throw unexpected('bad-format', 'the request', 'a JSON object', value, advice);
  }
  return value as Record<string, unknown>;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text.charCodeAt(0) === 0xfeff ? text.slice(1) : text);
  } catch (cause) {
    throw new ClickmaskError('bad-format', `The request's ${text.length} characters are not valid JSON.`, { cause });
  }
}

function parseImage(value: unknown): string | Buffer {
  if (!(typeof value === 'string' || Buffer.isBuffer(value)) || value.length === 0) {
    throw unexpected('bad-image', 'image', "the frame's file in base64", value);
  }
  const head = typeof value === 'string' ? value.slice(0, 256) : value.toString('latin1', 0, 256);
  if (!head.startsWith('data:')) return value;
  const comma = head.indexOf(',');
  if (comma === -1 || !head.slice(0, comma).endsWith(';base64')) {
    throw unexpected('bad-image', 'image', 'base64 in the data URL', head.slice(0, 40));
  }
  return typeof value === 'string' ? value.slice(comma + 1) : value.subarray(comma + 1);
}

function parsePoints(name: string, value: unknown): RequestPoint[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw unexpected('bad-click', name, 'a list of [x, y]', value);
  if (value.length > MAX_POINTS) {
    throw new ClickmaskError('too-many-clicks', `Expected at most ${MAX_POINTS} ${name} but received ${value.length}.`);
  }
  return value.map((point: unknown, i) => parsePoint('bad-click', `${name}[${i}]`, point));
}

function parsePoint(code: 'bad-click' | 'bad-box', name: string, value: unknown): RequestPoint {
  const [x, y] = Array.isArray(value)
    ? (value as unknown[])
    : typeof value === 'object' && value !== null
      ? [(value as { x?: unknown }).x, (value as { y?: unknown }).y]
      : [];
  if (!Number.isFinite(x) || !Number.isFinite(y)) throw unexpected(code, name, 'two finite numbers [x, y]', value);
  return { x: x as number, y: y as number };
}

function parseBoxes(value: unknown): Box[] {
  if (value === undefined || value === null) return [];
  const expected = '[[x1, y1], [x2, y2]], two such corners for each further box, [] or null';
  if (!Array.isArray(value)) throw unexpected('bad-box', 'obj_bbox', expected, value);
  if (value.length === 4 && value.every((part) => Number.isFinite(part))) {
    const [x1, y1, x2, y2] = value as [number, number, number, number];
    return [{ x1, y1, x2, y2 }];
  }
  if (value.length % 2 !== 0) throw unexpected('bad-box', 'obj_bbox', expected, value);
  if (value.length > 2 * MAX_BOXES) {
    throw new ClickmaskError('bad-box', `Expected at most ${MAX_BOXES} boxes but received ${value.length / 2}.`);
  }
  const corners = value.map((corner: unknown, i) => parsePoint('bad-box', `obj_bbox[${i}]`, corner));
  return Array.from({ length: corners.length / 2 }, (_, i) => {
    const [from, to] = corners.slice(2 * i, 2 * i + 2);
    return { x1: from.x, y1: from.y, x2: to.x, y2: to.y };
  });
}

function parseThreshold(value: unknown): number | null {
  if (value === undefined || value === null) return null;
  if (typeof value !== 'number' || !(value >= 0 && value <= 1)) {
    throw unexpected('bad-option', 'threshold', 'a number from 0 to 1', value);
  }
  return value;
}
