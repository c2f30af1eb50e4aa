import { type ChildProcess, spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { handOfActions } from './actions.js';
import type { TestBrowser, TestPage } from './page.js';

export interface WebKitPaths {
  readonly driver: string;
  readonly browser: string;
  /** Xvfb: the browser has no way to run without a screen. */
  readonly screen: string;
}

/** WebKitGTK's own small browser, driven by WebDriver (https://www.w3.org/TR/webdriver2/). */
export async function launchWebKit({ driver, browser, screen }: WebKitPaths): Promise<TestBrowser> {
  const { display, program: xvfb } = await startScreen(screen);
  const port = await freePort();
  // Inside containers its sandbox cannot be set up, and its GPU process finds no GPU.
  const env = {
    ...process.env,
    DISPLAY: display,
    WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS: '1',
    LIBGL_ALWAYS_SOFTWARE: '1',
    GTK_A11Y: 'none',
    NO_AT_BRIDGE: '1',
  };
  const program = spawn(driver, [`--port=${port}`], { env, stdio: 'ignore' });
  const call = clientOf(`http://127.0.0.1:${port}`);
  await untilUp(call, program);
  return {
    async newPage({ width = 1000, height = 640 } = {}) {
      const { sessionId } = await call<{ sessionId: string }>('POST', '/session', {
        capabilities: {
          alwaysMatch: { 'webkitgtk:browserOptions': { binary: browser, args: ['--automation'] } },
        },
      });
      const page = pageOf((method, path, body) => call(method, `/session/${sessionId}${path}`, body));
      await page.setSize(width, height);
      return page;
    },
    async close() {
      program.kill();
      xvfb.kill();
    },
  };
}

/** A screen with a number that nobody uses. */
function startScreen(path: string): Promise<{ display: string; program: ChildProcess }> {
  const program = spawn(path, ['-displayfd', '3', '-screen', '0', '1600x1200x24', '-nolisten', 'tcp'], {
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
  });
  return new Promise((resolve, reject) => {
    program.once('error', reject);
    program.once('exit', (code) => reject(new Error(`Xvfb ended with ${code}`)));
    program.stdio[3]?.once('data', (number: Buffer) => resolve({ display: `:${String(number).trim()}`, program }));
  });
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer();
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}

type Call = <T>(method: 'GET' | 'POST' | 'DELETE', path: string, body?: object) => Promise<T>;

function clientOf(base: string): Call {
  return async (method, path, body) => {
    const response = await fetch(base + path, {
      method,
      ...(method === 'POST' ? { body: JSON.stringify(body ?? {}) } : {}),
    });
    const { value } = (await response.json()) as { value: { error?: string; message?: string } };
    if (!response.ok) throw new Error(`${value.error}: ${value.message}`);
    return value as never;
  };
}

async function untilUp(call: Call, program: ChildProcess): Promise<void> {
  for (let tries = 0; tries < 100 && program.exitCode === null; tries++) {
    if (await call('GET', '/status').catch(() => null)) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error('WebKitWebDriver did not start.');
}

function pageOf(call: Call): TestPage {
  return {
    goto: async (url) => void (await call('POST', '/url', { url })),
    async evaluate(expression) {
      const script = `const done = arguments[arguments.length - 1];
        (async () => JSON.stringify({ value: await (${expression}) }))().then(done, (error) => done(JSON.stringify({ error: String(error) })));`;
      const { value, error } = JSON.parse(await call<string>('POST', '/execute/async', { script, args: [] }));
      if (error !== undefined) throw new Error(error);
      return value;
    },
    hand: handOfActions((actions) => call('POST', '/actions', { actions })),
    async setSize(width, height) {
      await call('POST', '/timeouts', { script: 300_000, pageLoad: 60_000 });
      await call('POST', '/window/rect', { width, height: height + 60 });
    },
    close: async () => void (await call('DELETE', '')),
  };
}
