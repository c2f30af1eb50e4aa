import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WebSocket } from 'ws';
import { handOfActions } from './actions.js';
import type { TestBrowser, TestPage } from './page.js';

/** Firefox as it is installed, driven by WebDriver BiDi (https://w3c.github.io/webdriver-bidi/), without a driver between. */
export async function launchFirefox(path: string): Promise<TestBrowser> {
  const profile = await mkdtemp(join(tmpdir(), 'clickmask-firefox-'));
  await writeFile(join(profile, 'user.js'), preferences);
  const program = spawn(path, ['--headless', '--no-remote', '--profile', profile, '--remote-debugging-port', '0']);
  const session = await connect(await addressOf(program));
  await session.send('session.new', { capabilities: {} });
  return {
    async newPage({ width = 1000, height = 640 } = {}) {
      const { context } = await session.send<{ context: string }>('browsingContext.create', { type: 'tab' });
      const page = pageOf(session, context);
      await page.setSize(width, height);
      return page;
    },
    async close() {
      const gone = new Promise((resolve) => program.once('exit', resolve));
      await session.send('browser.close', {}).catch(() => program.kill());
      await gone;
      session.close();
      await rm(profile, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/** What a first start asks and fetches is not wanted in tests. */
const preferences = Object.entries({
  'app.update.disabledForTesting': true,
  'browser.shell.checkDefaultBrowser': false,
  'browser.startup.homepage_override.mstone': 'ignore',
  'datareporting.policy.dataSubmissionEnabled': false,
  'toolkit.telemetry.server': '',
  'network.captive-portal-service.enabled': false,
  'network.connectivity-service.enabled': false,
  'dom.disable_beforeunload': false,
})
  .map(([name, value]) => `user_pref(${JSON.stringify(name)}, ${JSON.stringify(value)});\n`)
  .join('');

function addressOf(program: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let told = '';
    program.once('error', reject);
    program.once('exit', (code) => reject(new Error(`Firefox ended with ${code}: ${told}`)));
    program.stderr?.on('data', (data) => {
      told += data;
      const found = /WebDriver BiDi listening on (ws:\S+)/.exec(told);
      if (found !== null) resolve(`${found[1]}/session`);
    });
  });
}

interface BidiSession {
  send<T>(method: string, params: object): Promise<T>;
  close(): void;
}

async function connect(address: string): Promise<BidiSession> {
  const socket = new WebSocket(address);
  const waiting = new Map<number, { resolve(value: never): void; reject(error: Error): void }>();
  let last = 0;
  socket.on('message', (data) => {
    const { id, result, error, message } = JSON.parse(String(data));
    const one = waiting.get(id);
    waiting.delete(id);
    if (error === undefined) one?.resolve(result as never);
    else one?.reject(new Error(`${error}: ${message}`));
  });
  socket.on('close', () => {
    for (const { reject } of waiting.values()) reject(new Error('Firefox is gone.'));
  });
  await new Promise<void>((resolve, reject) => {
    socket.once('open', resolve);
    socket.once('error', reject);
  });
  return {
    send: <T>(method: string, params: object) =>
      new Promise<T>((resolve, reject) => {
        waiting.set(++last, { resolve, reject });
        socket.send(JSON.stringify({ id: last, method, params }));
      }),
    close: () => socket.close(),
  };
}

interface Evaluated {
  readonly type: 'success' | 'exception';
  readonly result?: { readonly value?: string };
  readonly exceptionDetails?: { readonly text: string };
}

function pageOf(session: BidiSession, context: string): TestPage {
  return {
    goto: async (url) => void (await session.send('browsingContext.navigate', { context, url, wait: 'complete' })),
    async evaluate(expression) {
      const { result, exceptionDetails } = await session.send<Evaluated>('script.evaluate', {
        expression: `(async () => JSON.stringify(await (${expression})))()`,
        target: { context },
        awaitPromise: true,
      });
      if (exceptionDetails !== undefined) throw new Error(exceptionDetails.text);
      return result?.value === undefined ? undefined : JSON.parse(result.value);
    },
    hand: handOfActions((actions) => session.send('input.performActions', { context, actions })),
    async setSize(width, height) {
      await session.send('browsingContext.setViewport', { context, viewport: { width, height } });
    },
    close: async () => void (await session.send('browsingContext.close', { context })),
  };
}
