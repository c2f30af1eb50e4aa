import { createHttpClient, type HttpClient, type HttpResponse } from '@clickmask/core/adapters';
import { plainText } from '../text/plain.js';

/** What answers at an address. */
export interface ServerIdentity {
  /** Clickmask's own function, CVAT, nuclio's dashboard, a function behind nuclio, or anything else. */
  readonly kind: 'clickmask' | 'cvat' | 'dashboard' | 'function' | 'other';
  /** As named in messages, such as `CVAT 2.54.1`. */
  readonly name: string;
  /** What Clickmask's function reports about itself. */
  readonly info?: FunctionInfo;
}

/** The parts in use of the answer of Clickmask's function to a GET request. */
export interface FunctionInfo {
  readonly kind: 'clickmask-interactor';
  readonly reply?: string;
  readonly model?: { readonly model?: string };
  readonly memory?: { readonly rss?: number };
}

/** Known servers: the path where each identifies itself, and its name. */
const known: readonly {
  readonly path: string;
  readonly kind: ServerIdentity['kind'];
  readonly name: (value: Fields) => string | null;
}[] = [
  {
    path: '/api/server/about',
    kind: 'cvat',
    name: ({ name, version }) => (typeof version === 'string' && name !== undefined ? `CVAT ${version}` : null),
  },
  {
    path: '/api/versions',
    kind: 'dashboard',
    name: ({ dashboard }) => (dashboard === undefined ? null : `the dashboard of nuclio ${labelOf(dashboard)}`),
  },
  {
    path: '/health',
    kind: 'other',
    name: ({ model_class: model }) => (model === undefined ? null : "a machine learning backend of Label Studio's"),
  },
  {
    path: '/api/version',
    kind: 'other',
    name: (value) => ('label-studio-os-package' in value || 'label-studio' in value ? 'Label Studio' : null),
  },
];

/**
 * Finds out which server answers at an address.
 *
 * @throws ClickmaskError `bad-option`, `request-failed`, `deadline-exceeded` if nothing answers
 */
export async function identifyServer(url: string, timeoutMs = 10_000): Promise<ServerIdentity> {
  const http = createHttpClient({ timeoutMs, maxBytes: 2 ** 20, privateAddresses: true });
  try {
    const answer = await http.send({ url });
    const info = fieldsOf(answer);
    if (info?.kind === 'clickmask-interactor') {
      return { kind: 'clickmask', name: "Clickmask's function", info: info as unknown as FunctionInfo };
    }
    for (const { path, kind, name } of known) {
      const found = await ask(http, new URL(path, url).href);
      const title = found === null ? null : name(found);
      if (title !== null) return { kind, name: plainText(title, 80) };
    }
    if (/nuclio/i.test(String(answer.headers.server))) return { kind: 'function', name: 'a function of nuclio' };
    return { kind: 'other', name: describeAnswer(answer) };
  } finally {
    http.close();
  }
}

type Fields = Readonly<Record<string, unknown>>;

/** The JSON object at a path, or null. */
async function ask(http: HttpClient, url: string): Promise<Fields | null> {
  try {
    return fieldsOf(await http.send({ url }));
  } catch {
    return null;
  }
}

function fieldsOf({ status, bytes }: HttpResponse): Fields | null {
  if (status !== 200) return null;
  try {
    const value: unknown = JSON.parse(bytes.toString('utf8'));
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : null;
  } catch {
    return null;
  }
}

function labelOf(dashboard: unknown): string {
  const { label } = (dashboard ?? {}) as { readonly label?: unknown };
  return typeof label === 'string' ? label : '';
}

/** Status, content type and beginning of an answer. */
function describeAnswer({ status, headers, bytes }: HttpResponse): string {
  const text = bytes.toString('utf8', 0, 4096);
  const title = /<title[^>]*>([^<]{1,200})/i.exec(text)?.[1];
  const content = title === undefined ? plainText(text, 80) : `a page "${plainText(title, 80)}"`;
  const type = headers['content-type'] === undefined ? '' : ` (${plainText(headers['content-type'], 60)})`;
  return `a server that answers ${status}${type}${content === '' ? '' : `: ${content}`}`;
}
