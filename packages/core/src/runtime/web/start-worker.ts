import { ClickmaskError, messageOf, withoutSecrets } from '../../errors/index.js';

const name = 'clickmask';

/**
 * Starts a worker from the address of its script. Works if the script has another origin than the page (a CDN, or a
 * sandboxed frame) and if the page requires Trusted Types. The script is a module; in a `data:` address it is a classic
 * script.
 *
 * @throws ClickmaskError `worker-lost` if the page forbids it; the message says what to allow
 */
export function startWorker(address: URL): Worker {
  // On a page without an origin (opened as a file), browsers cannot start a module from such an address.
  if (address.protocol === 'data:') return create(address.href, { name });
  const isOwn = address.protocol === 'blob:' || address.origin === globalThis.origin;
  if (isOwn) return create(address.href, { name, type: 'module' });
  // A worker's script must have the page's origin, but it may import scripts of other origins. A classic script,
  // because Chromium cannot start a module from a blob on a page without an origin.
  const own = URL.createObjectURL(new Blob([importing(address.href)], { type: 'text/javascript' }));
  const worker = create(own, { name });
  const release = () => URL.revokeObjectURL(own);
  worker.addEventListener('message', release, { once: true });
  worker.addEventListener('error', release, { once: true });
  return worker;
}

/** A script that imports another one, and passes on messages received meanwhile. */
function importing(address: string): string {
  return `const early = [];
const hold = (event) => early.push(event);
addEventListener('message', hold);
import(${JSON.stringify(address)}).then(
  () => {
    removeEventListener('message', hold);
    for (const event of early) onmessage(event);
  },
  (error) => setTimeout(() => { throw error; }),
);`;
}

function create(address: string, options: WorkerOptions): Worker {
  try {
    return new Worker(trusted(address), options);
  } catch (cause) {
    throw forbidden(cause);
  }
}

/** A worker that the page did not allow. */
export function forbidden(cause: unknown): ClickmaskError {
  const message =
    'The worker that segments images could not be made. A page with Trusted Types must allow the policy ' +
    "(trusted-types clickmask), and a content security policy the worker (worker-src 'self', and blob: where the " +
    'script is of another origin); bundlers that do not follow new URL(…, import.meta.url), as esbuild, need its ' +
    `address: the option worker, or assets of the widget. The browser said: ${messageOf(cause)}`;
  return new ClickmaskError('worker-lost', message, { cause });
}

interface TrustedTypes {
  createPolicy(name: string, rules: { createScriptURL(address: string): string }): ScriptAddresses;
}

interface ScriptAddresses {
  createScriptURL(address: string): string;
}

const policies = /*#__PURE__*/ new WeakMap<TrustedTypes, ScriptAddresses>();

/** The address in the form that pages with Trusted Types accept. */
function trusted(address: string): string {
  const { trustedTypes } = globalThis as { trustedTypes?: TrustedTypes };
  if (trustedTypes === undefined) return address;
  try {
    const policy =
      policies.get(trustedTypes) ?? trustedTypes.createPolicy('clickmask', { createScriptURL: (text) => text });
    policies.set(trustedTypes, policy);
    return policy.createScriptURL(address);
  } catch {
    // A page may forbid such a policy and still not require one.
    return address;
  }
}

/** Finds out why a worker's script did not run, by fetching it. Browsers do not say. */
export async function whyNotStarted(address: URL | null): Promise<string> {
  if (address === null) {
    return (
      'Its script is not where it was looked for. esbuild, and what is built on it (Angular, tsup), does not copy it: put ' +
      'the standalone distribution of the widget on your server and name its folder (the attribute assets, or the options ' +
      'worker, wasmPaths and model).'
    );
  }
  const place = address.protocol === 'data:' ? 'which is part of this page' : withoutSecrets(address);
  let response: Response;
  try {
    response = await fetch(address);
  } catch {
    const isForeign = address.origin !== globalThis.origin;
    return isForeign
      ? `Its script, ${place}, may not be read by this page. Its server must send Access-Control-Allow-Origin.`
      : `Its script, ${place}, could not be fetched.`;
  }
  if (!response.ok) return `The server answered ${response.status} for its script, ${place}: put it there.`;
  const type = response.headers.get('content-type') ?? 'nothing';
  if (!/javascript|ecmascript/.test(type))
    return `The server sends its script, ${place}, as ${type}. The type must be text/javascript.`;
  if (!response.headers.has('cross-origin-embedder-policy') && globalThis.crossOriginIsolated) {
    return `This page is cross-origin isolated. Its script, ${place}, must be sent with Cross-Origin-Embedder-Policy too.`;
  }
  const blob = address.origin === globalThis.origin ? '' : ' blob:';
  return `Its script, ${place}, is there. The page's content security policy must allow it (worker-src 'self'${blob}).`;
}
