import { type InvokeResult, identifyServer, invokeFunction, type Point, type ServerIdentity } from '../client/index.js';
import { errorText } from '../text/plain.js';
import type { Finding } from './check-function-yaml.js';
import type { CheckReport } from './check-report.js';
import { discPicture } from './test-picture.js';

/** The disc in the test image: the first click is in its middle. */
const clicks: readonly (readonly Point[])[] = [
  [[160, 120]],
  [
    [160, 120],
    [150, 140],
  ],
];
const discArea = Math.PI * 60 ** 2;

/**
 * Tests a running function as CVAT would: an image of a disc, a click in its middle, then a second click. If something
 * else answers at the address, the finding says what.
 *
 * @throws ClickmaskError `bad-option`; `request-failed`, `deadline-exceeded` if nothing answers
 *
 * @example
 * ```ts no-run
 * import { checkFunction } from '@clickmask/cvat-serverless';
 *
 * const { findings, run } = await checkFunction('http://localhost:32001');
 * console.log(findings, run?.model, run?.clickMs);
 * ```
 */
export async function checkFunction(url: string, readyMs?: number): Promise<CheckReport> {
  const server = await identifyServer(url);
  if (server.kind === 'cvat' || server.kind === 'dashboard') return { findings: [wrongServer(url, server)] };
  const image = discPicture();
  const results: InvokeResult[] = [];
  try {
    for (const positive of clicks) results.push(await invokeFunction({ url, image, positive }));
  } catch (error) {
    if (server.kind !== 'clickmask') return { findings: [wrongServer(url, server)] };
    return { findings: [{ level: 'error', at: url, message: errorText(error) }] };
  }
  const { area, format } = results[results.length - 1];
  const { info } = server;
  return {
    findings: [...checkKind(url, server), ...checkArea(url, area)],
    run: {
      model: info?.model?.model ?? 'unknown',
      reply: format,
      readyMs,
      clickMs: results.map(({ milliseconds }) => milliseconds),
      area,
      memoryBytes: info?.memory?.rss,
    },
  };
}

function wrongServer(at: string, { kind, name }: ServerIdentity): Finding {
  const advice =
    kind === 'cvat'
      ? 'Name it with --cvat-url. A function has a port of its own'
      : 'Expected an interactor: a function has a port of its own';
  const message = `This is ${name}. ${advice}, which "nuctl get function --platform local" shows.`;
  return { level: 'error', at, message };
}

function checkKind(at: string, { kind, name }: ServerIdentity): Finding[] {
  if (kind === 'clickmask') return [];
  return [{ level: 'warning', at, message: `An interactor, but not Clickmask's: ${name}.` }];
}

function checkArea(at: string, area: number): Finding[] {
  if (area === 0) return [{ level: 'error', at, message: 'The mask of a plain disc is empty.' }];
  if (area >= discArea / 3 && area <= discArea * 3) return [];
  const message = `The mask of a plain disc of ${Math.round(discArea)} px has ${area} px.`;
  return [{ level: 'warning', at, message }];
}
