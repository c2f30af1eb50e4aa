import { Problem } from '../problems/index.js';

/** Where an image's bytes are. */
export type PictureLocation =
  | { readonly kind: 'url'; readonly url: URL; readonly fallback?: URL; readonly cacheKey: string }
  | { readonly kind: 'local-file'; readonly path: string; readonly url?: URL; readonly cacheKey: string }
  | { readonly kind: 'data'; readonly text: string };

/** The task that an image belongs to. */
export interface PictureOwner {
  /** Empty if the request names none. */
  readonly project: string;
  readonly task: string;
}

export interface LocateOptions {
  /** Label Studio's address from here, with its path prefix if it has one. */
  readonly labelStudio?: URL;
  /** Other origins that task data may use for the same Label Studio. */
  readonly aliases: readonly string[];
  /** Whether files of Label Studio's local storage can be read here. */
  readonly localFiles: boolean;
}

const ownPath =
  /^\/(?:data\/(?:upload\/|local-files\/?\?)|storage-data\/uploaded\/|tasks\/\d+\/(?:presign|resolve)\/|projects\/\d+\/(?:presign|resolve)\/)/;

/**
 * Finds where to read an image from, by its value in the task data.
 *
 * Supported are uploads (`/data/upload/…`, `upload/…`), local files (`/data/local-files/?d=…`), cloud addresses
 * (`s3://`, `gs://`, `azure-blob://`, through Label Studio's presign route), plain URLs and data URLs. The path prefix
 * of a Label Studio behind a proxy, and its own name `http://localhost…`, are replaced by the configured address.
 *
 * The cache names of Label Studio's files include the server and the project. The same text can mean other bytes in a
 * project with another storage, and a user of one project may not be allowed to see the other.
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

/** Whether an address is a route of Label Studio that serves images. Only these get the token. */
export function servesFiles(url: URL, labelStudio: URL): boolean {
  const isInside =
    url.origin === labelStudio.origin && !climbs(url.pathname) && url.pathname.startsWith(`${prefixOf(labelStudio)}/`);
  return isInside && ownPath.test(stripPrefix(`${url.pathname}${url.search}`, labelStudio));
}

/** The path inside Label Studio of an absolute URL, if the URL belongs to it. */
function ownAddress(url: URL, { labelStudio, aliases }: LocateOptions): string | undefined {
  if (labelStudio === undefined) return undefined;
  const path = stripPrefix(`${url.pathname}${url.search}`, labelStudio);
  if (url.origin === labelStudio.origin) return path;
  // Label Studio writes its own address into task data. Seen from here, that address may be another machine.
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
    // The route that accepts a token comes first; older versions have only the other one.
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
  // Parsing resolves `..` in every spelling. A path that leaves the prefix does not belong to this Label Studio.
  if (url.origin !== base.origin || !url.pathname.startsWith(`${prefix}/`) || climbs(url.pathname))
    throw unsupported(path);
  return url;
}

/**
 * Whether a path leads upwards for a server or proxy that decodes it once more, reads other letters as dots and slashes, or
 * drops what it cannot show: `..%2f`, `%252e%252e/`, `%zz/..%2f`, `%c0%ae./`, `..;/`, `..%00/`, `．．／`.
 */
function climbs(path: string): boolean {
  let text = path;
  for (let i = 0; ; i++) {
    // Two bytes for one letter, which no encoder writes and some decoders read.
    const next = safeDecode(text.replace(/%c0%ae/gi, '.').replace(/%c0%af|%c1%9c/gi, '/'));
    if (next === text) break;
    // Nobody encodes so often who means well.
    if (i === 8) return true;
    text = next;
  }
  const parts = text.normalize('NFKC').split(/[/\\;]/);
  return parts.some((part) => part.replace(/[\p{C}\s]/gu, '') === '..');
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

/** As servers decode: what is no escape of UTF-8 stays, and does not keep the rest from being decoded. */
function safeDecode(text: string): string {
  return text.replace(/(?:%[0-9a-f]{2})+/gi, (escapes) => {
    try {
      return decodeURIComponent(escapes);
    } catch {
      return escapes.replace(/%([0-7][0-9a-f])/gi, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)));
    }
  });
}

/** Tells no more than the scheme: the rest may hold a password or a signature. */
function unsupported(text: string): Problem {
  const scheme = /^([a-z][a-z0-9+.-]{0,30}):\/\//i.exec(text)?.[1];
  return new Problem(
    'picture-url-unsupported',
    'Expected a path in Label Studio, or an address with http, https, s3, gs, azure-blob or data, but received ' +
      `${scheme === undefined ? 'something else' : `one with ${scheme}`}.`,
  );
}
