import { Problem } from '../problems/index.js';

/** Where the bytes of an image are. */
export type PictureLocation =
  | { readonly kind: 'url'; readonly url: URL; readonly fallback?: URL; readonly cacheKey: string }
  | { readonly kind: 'local-file'; readonly path: string; readonly url?: URL; readonly cacheKey: string }
  | { readonly kind: 'data'; readonly text: string };

/** The task that an image belongs to. */
export interface PictureOwner {
  /** Empty where the request names none. */
  readonly project: string;
  readonly task: string;
}

export interface LocateOptions {
  /** Where Label Studio is reached from here, with its path prefix where it has one. */
  readonly labelStudio?: URL;
  /** Other origins by which task data may name the same Label Studio. */
  readonly aliases: readonly string[];
  /** Whether files of Label Studio's local storage can be read here. */
  readonly localFiles: boolean;
}

const ownPath =
  /^\/(?:data\/(?:upload\/|local-files\/?\?)|storage-data\/uploaded\/|tasks\/\d+\/(?:presign|resolve)\/|projects\/\d+\/(?:presign|resolve)\/)/;

/**
 * Turns what stands in the task data into a place to read from.
 *
 * Known are uploads (`/data/upload/…`, `upload/…`), local files (`/data/local-files/?d=…`), cloud addresses (`s3://`, `gs://`,
 * `azure-blob://`, through Label Studio's presign route), plain URLs and data URLs. The path prefix of a Label Studio
 * behind a proxy, and `http://localhost…` as its own name for itself, are replaced by the configured address.
 *
 * What Label Studio serves is named in caches by that Label Studio and the project too: the same text means other bytes in
 * a project with another storage, and who may see one need not be allowed to see the other.
 *
 * @throws Problem `picture-url-unsupported`, `label-studio-unknown`
 */
export function locatePicture(value: string, owner: PictureOwner, options: LocateOptions): PictureLocation {
  const { labelStudio } = options;
  const text = value.trim();
  if (text === '') throw new Problem('picture-missing', 'Expected the address of an image but received an empty text.');
  if (/^data:/i.test(text)) return { kind: 'data', text };
  if (text.length > 8192) throw unsupported(text);

  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(text)?.[1].toLowerCase();
  if (scheme === 'http' || scheme === 'https') {
    const url = parseUrl(text);
    const inside = ownAddress(url, options);
    return inside === undefined ? { kind: 'url', url, cacheKey: url.href } : ownLocation(inside, owner, options);
  }
  if (scheme !== undefined) {
    if (!/^(?:s3|s3s|gs|azure-blob)$/.test(scheme)) throw unsupported(text);
    if (!/^\d{1,18}$/.test(owner.task)) {
      throw new Problem(
        'picture-url-unsupported',
        'Expected the number of the task, by which cloud storage is asked for.',
      );
    }
    const uri = Buffer.from(text, 'utf8').toString('base64url');
    const url = within(need(labelStudio), `/tasks/${owner.task}/presign/?fileuri=${uri}`);
    return { kind: 'url', url, cacheKey: ownKey(text, owner, labelStudio) };
  }
  if (text.startsWith('//') || text.startsWith('\\')) throw unsupported(text);
  const path = text.startsWith('/') ? text : `/data/${text.replace(/^\.\//, '')}`;
  return ownLocation(stripPrefix(path, labelStudio), owner, options);
}

/** Whether an address is one of the routes by which Label Studio serves images; only those are given the token. */
export function servesFiles(url: URL, labelStudio: URL): boolean {
  const isInside =
    url.origin === labelStudio.origin && !climbs(url.pathname) && url.pathname.startsWith(`${prefixOf(labelStudio)}/`);
  return isInside && ownPath.test(stripPrefix(`${url.pathname}${url.search}`, labelStudio));
}

/** The path inside Label Studio that an absolute URL means, where it means one. */
function ownAddress(url: URL, { labelStudio, aliases }: LocateOptions): string | undefined {
  if (labelStudio === undefined) return undefined;
  const path = stripPrefix(`${url.pathname}${url.search}`, labelStudio);
  if (url.origin === labelStudio.origin) return path;
  // Label Studio writes its own idea of its address into task data, which from here may be another machine's.
  const isLoopback = /^(?:localhost|127(?:\.\d+){3}|\[::1\]|0\.0\.0\.0)$/.test(url.hostname);
  const isAlias = aliases.some((alias) => alias.replace(/\/$/, '') === url.origin);
  return (isLoopback || isAlias) && ownPath.test(path) ? path : undefined;
}

function ownLocation(path: string, owner: PictureOwner, options: LocateOptions): PictureLocation {
  const cacheKey = ownKey(path, owner, options.labelStudio);
  const upload = /^\/data\/(upload\/[^?#]*)/.exec(path)?.[1];
  const local = /^\/data\/local-files\/?\?(.*)$/.exec(path)?.[1];
  if (local !== undefined && options.localFiles) {
    const file = new URLSearchParams(local).get('d');
    if (file !== null) {
      const url = options.labelStudio === undefined ? undefined : within(options.labelStudio, path);
      return { kind: 'local-file', path: file, url, cacheKey };
    }
  }
  const base = need(options.labelStudio);
  if (upload !== undefined) {
    // The route that takes a token comes first; older versions have only the other.
    const stored = within(base, `/storage-data/uploaded/?filepath=${encodeURIComponent(safeDecode(upload))}`);
    return { kind: 'url', url: stored, fallback: within(base, path), cacheKey };
  }
  return { kind: 'url', url: within(base, path), cacheKey };
}

function ownKey(text: string, { project, task }: PictureOwner, labelStudio: URL | undefined): string {
  const base = labelStudio === undefined ? '' : `${labelStudio.origin}${prefixOf(labelStudio)}`;
  return JSON.stringify([base, project === '' ? { task } : { project }, text]);
}

const prefixOf = (labelStudio: URL | undefined) => labelStudio?.pathname.replace(/\/+$/, '') ?? '';

function stripPrefix(path: string, labelStudio: URL | undefined): string {
  const prefix = prefixOf(labelStudio);
  if (prefix !== '' && path.startsWith(`${prefix}/`)) return path.slice(prefix.length);
  return path;
}

function within(base: URL, path: string): URL {
  const prefix = prefixOf(base);
  const url = parseUrl(`${base.origin}${prefix}${path}`);
  // Parsed, `..` is resolved in every spelling: what leads out of the prefix is not this Label Studio's.
  if (url.origin !== base.origin || !url.pathname.startsWith(`${prefix}/`) || climbs(url.pathname))
    throw unsupported(path);
  return url;
}

/** Whether a path leads upwards for a server or proxy that decodes it once more: `..%2f`, `%252e%252e/`. */
function climbs(path: string): boolean {
  let text = path;
  for (let i = 0; i < 4; i++) {
    const next = safeDecode(text);
    if (next === text) break;
    text = next;
  }
  return text.split(/[/\\;]/).includes('..');
}

function need(labelStudio: URL | undefined): URL {
  if (labelStudio !== undefined) return labelStudio;
  throw new Problem(
    'label-studio-unknown',
    'Expected the address of Label Studio, which keeps the image, but none is set.',
  );
}

function parseUrl(text: string): URL {
  try {
    return new URL(text);
  } catch {
    throw unsupported(text);
  }
}

function safeDecode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function unsupported(text: string): Problem {
  const start = text.slice(0, 40).replace(/[^\x20-\x7e]/g, '?');
  return new Problem(
    'picture-url-unsupported',
    `Expected a path in Label Studio, or an address with http, https, s3, gs, azure-blob or data, but received "${start}".`,
  );
}
