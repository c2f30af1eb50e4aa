import { ClickmaskError, messageOf } from '../../errors/index.js';

const name = 'clickmask';

/**
 * A worker from the address of its script, also where that is of another origin than the page, as on a CDN or in a sandboxed
 * frame, and where the page asks for trusted addresses (Trusted Types). The script is a module, in a `data:` address a classic one.
 *
 * @throws ClickmaskError `worker-lost` where the page forbids it; the message says what to allow
 */
export function startWorker(address: URL): Worker {
  // Where the page has no origin, as one opened as a file, browsers start no module from the address that holds it.
  if (address.protocol === 'data:') return create(address.href, { name });
  const isOwn = address.protocol === 'blob:' || address.origin === globalThis.origin;
  if (isOwn) return create(address.href, { name, type: 'module' });
  // A worker's script has to be of the page's origin; what it imports may be of any that allows it. A classic script, since
  // Chromium starts no module from a blob where the page has no origin.
  const own = URL.createObjectURL(new Blob([importing(address.href)], { type: 'text/javascript' }));
  const worker = create(own, { name });
  const release = () => URL.revokeObjectURL(own);
  worker.addEventListener('message', release, { once: true });
  worker.addEventListener('error', release, { once: true });
  return worker;
}

/** A script that imports another, and hands on what was sent to it meanwhile. */
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

/** A worker that the page did not allow to be made at all. */
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

/** The address as pages take it that accept trusted ones only. */
function trusted(address: string): string {
  const { trustedTypes } = globalThis as { trustedTypes?: TrustedTypes };
  if (trustedTypes === undefined) return address;
  try {
    const policy =
      policies.get(trustedTypes) ?? trustedTypes.createPolicy('clickmask', { createScriptURL: (text) => text });
    policies.set(trustedTypes, policy);
    return policy.createScriptURL(address);
  } catch {
    // Pages may allow no such policy and not ask for one either.
    return address;
  }
}

/** Why a worker's script did not run, found out by fetching it; browsers do not tell. */
export async function whyNotStarted(address: URL | null): Promise<string> {
  if (address === null) {
    return (
      'Its script is not where it was looked for. esbuild, and what is built on it (Angular, tsup), does not copy it: put ' +
      'the standalone distribution of the widget on your server and name its folder (the attribute assets, or the options ' +
      'worker, wasmPaths and model).'
    );
  }
  const place = address.protocol === 'data:' ? 'which is part of this page' : address.href;
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
