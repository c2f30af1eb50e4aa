import type { Request, Response } from 'express';
import { adviceFor, type JournalFields } from '../diagnostics/index.js';
import { type ReasonCode, reasons } from '../problems/index.js';
import type { Services } from './services.js';

/** Follows each request to its end, then reports it to the journal, the metrics and the log. */
export interface AccessLog {
  begin(request: Request, response: Response): void;
  /** Adds details to the running request's entry. */
  note(request: Request, fields: JournalFields): void;
  /** Milliseconds since the request arrived. */
  spent(request: Request): number;
}

/** The details of a running request. */
interface Followed {
  fields: JournalFields;
  readonly started: number;
  readonly requestBytes: number;
}

export function createAccessLog(services: Pick<Services, 'journal' | 'metrics' | 'logger'>): AccessLog {
  const followed = new WeakMap<Request, Followed>();
  return {
    begin(request, response) {
      const requestBytes = Number(request.headers['content-length'] ?? 0);
      const entry: Followed = { fields: {}, started: performance.now(), requestBytes };
      followed.set(request, entry);
      response.once('close', () => finish(services, request, response, entry));
    },
    note(request, fields) {
      const known = followed.get(request);
      if (known !== undefined) known.fields = { ...known.fields, ...fields };
    },
    spent: (request) => performance.now() - (followed.get(request)?.started ?? performance.now()),
  };
}

const newsRoutes = new Set(['/predict', '/setup', '/webhook', '/train']);

function finish(
  { journal, metrics, logger }: Pick<Services, 'journal' | 'metrics' | 'logger'>,
  request: Request,
  response: Response,
  { fields, started, requestBytes }: Followed,
): void {
  const ms = performance.now() - started;
  const route = routeName(request.path);
  const said: ReasonCode = fields.reason ?? 'ok';
  const isGone = !response.writableFinished && reasons[said].status === 200;
  const reason: ReasonCode = isGone ? 'client-gone' : said;
  const responseBytes = Number(response.getHeader('content-length') ?? 0);
  metrics.request(route, reason, ms / 1000, responseBytes);
  const isNews = newsRoutes.has(route);
  if (!isNews && reason === 'ok') return;
  const entry = {
    at: new Date().toISOString(),
    route,
    status: isGone ? reasons['client-gone'].status : response.statusCode,
    ...shortened(fields),
    reason,
    advice: adviceFor(reason),
    requestBytes,
    responseBytes,
    ms: Math.round(ms * 10) / 10,
  };
  if (isNews || reason === 'unauthorized') journal.add(entry);
  const { at, advice, ...line } = entry;
  const level = entry.status >= 500 ? 'error' : entry.status >= 400 ? 'warn' : 'info';
  logger[level](advice === undefined ? line : { ...line, advice }, `${route} ${reason}`);
}

/** A request's texts come from strangers: only their beginnings are kept and logged. */
function shortened(fields: JournalFields): JournalFields {
  const short = (value: unknown): unknown =>
    typeof value === 'string' ? value.slice(0, 300) : Array.isArray(value) ? value.slice(0, 10).map(short) : value;
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, short(value)]));
}

const knownRoutes = new Set([...newsRoutes, '/', '/health', '/ready', '/versions', '/metrics', '/diagnostics']);

/** For metrics: a label must not take arbitrary values from outside. */
function routeName(path: string): string {
  // In the router's spelling.
  const name = path.toLowerCase().replace(/(.)\/$/, '$1');
  return knownRoutes.has(name) ? name : 'other';
}
