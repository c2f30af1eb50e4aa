import { ClickmaskError, expectInteger, unexpected, unexpectedAddress } from '../../errors/index.js';

/**
 * A server of the Open Inference Protocol v2 (Triton, KServe, MLServer, OpenVINO Model Server) that runs the network:
 * plain data that can be sent to a worker.
 */
export interface InferenceServer {
  /**
   * `grpc://triton:8001`, `grpcs://…` (needs the package `@grpc/grpc-js`), `http://triton:8000` or `https://…`, with
   * the path before `/v2`, if there is one.
   */
  readonly url: string;
  /** Sent with every call, such as `Authorization`. Never logged. */
  readonly headers?: Readonly<Record<string, string>>;
  /**
   * `plain`: a call per graph. `click`: one call per click with the image's region, whose features stay in the server's
   * cache. `auto` (default) uses `click` if the server has it.
   */
  readonly level?: 'auto' | 'click' | 'plain';
  /** Graphs that run in this process, such as `['decoder']`. All others run on the server. Default: none. */
  readonly here?: readonly string[];
  /**
   * `verify` (default): only weights that match the local `model.json`. `trust`: whatever the server has under the
   * model's name, if names and shapes fit.
   */
  readonly weights?: 'verify' | 'trust';
  /** Milliseconds for one call, including retries; then `deadline-exceeded`. Default 10,000. */
  readonly timeoutMs?: number;
}

/** A checked {@link InferenceServer} with its defaults. */
export interface ResolvedServer extends Required<InferenceServer> {
  readonly transport: 'rest' | 'grpc';
  readonly secure: boolean;
  /** Host and port, for gRPC. */
  readonly target: string;
}

const schemes = {
  'http:': { transport: 'rest', secure: false, port: '80' },
  'https:': { transport: 'rest', secure: true, port: '443' },
  'grpc:': { transport: 'grpc', secure: false, port: '8001' },
  'grpcs:': { transport: 'grpc', secure: true, port: '443' },
} as const;

/**
 * Checks an address and fills in the defaults.
 *
 * @throws ClickmaskError `bad-option`
 */
export function resolveServer(given: string | InferenceServer): ResolvedServer {
  const server: InferenceServer = typeof given === 'string' ? { url: given } : given;
  const { headers = {}, level = 'auto', here = [], weights = 'verify', timeoutMs = 10_000 } = server;
  expectInteger('bad-option', 'engine.timeoutMs', timeoutMs, 1, 86_400_000);
  if (!['auto', 'click', 'plain'].includes(level)) {
    throw unexpected('bad-option', 'engine.level', 'auto, click or plain', level);
  }
  if (weights !== 'verify' && weights !== 'trust') {
    throw unexpected('bad-option', 'engine.weights', 'verify or trust', weights);
  }
  if (level === 'click' && here.length > 0) {
    throw new ClickmaskError('bad-option', "At the level 'click' all graphs run on the server: leave out engine.here.");
  }
  return { ...parseUrl(server.url), headers, level, here, weights, timeoutMs };
}

function parseUrl(text: string): Pick<ResolvedServer, 'url' | 'transport' | 'secure' | 'target'> {
  const example = 'an address such as grpc://triton:8001 or http://triton:8000';
  let url: URL;
  try {
    // For unknown schemes, URL keeps the host as written.
    url = new URL(text);
  } catch {
    throw unexpectedAddress('bad-option', 'engine', example, text);
  }
  if (!Object.hasOwn(schemes, url.protocol) || url.hostname === '')
    throw unexpectedAddress('bad-option', 'engine', example, text);
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') {
    const message = 'Expected an address without user, query and fragment for engine. A token goes into the headers.';
    throw new ClickmaskError('bad-option', message);
  }
  const { transport, secure, port } = schemes[url.protocol as keyof typeof schemes];
  const path = url.pathname.replace(/\/+(v2\/?)?$/, '');
  if (transport === 'grpc' && path !== '')
    throw unexpectedAddress('bad-option', 'engine', 'a gRPC address without a path', text);
  const target = `${url.hostname}:${url.port === '' ? port : url.port}`;
  return { url: `${url.protocol}//${url.host}${path}`, transport, secure, target };
}

/**
 * Makes a server from the options of a command line or an environment; undefined without an address.
 *
 * @param given.token - sent as `Authorization: Bearer …`
 *
 * @example
 * ```ts
 * import { serverFromOptions } from '@clickmask/core/serving';
 *
 * console.log(serverFromOptions('grpc://triton:8001', { level: 'plain' })?.level); // plain
 * ```
 */
export function serverFromOptions(
  url: string | undefined,
  given: { readonly level?: InferenceServer['level']; readonly here?: readonly string[]; readonly token?: string },
): InferenceServer | undefined {
  if (url === undefined || url === '') return undefined;
  const { level, here, token } = given;
  const headers = token === undefined || token === '' ? undefined : { authorization: `Bearer ${token}` };
  return { url, level, here, headers };
}
