import { type Browser, type CDPSession, chromium, type Page } from 'playwright';
import { findChromium } from '../../../../scripts/find-browsers.mjs';
import type { Hand, Point, TestBrowser, TestPage } from './page.js';

/** Emulates a GPU in software, so that WebGPU can be tested without one. */
export const softwareGpu = ['--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader'];

export function launch(args: readonly string[] = []): Promise<Browser> {
  return chromium.launch({
    executablePath: findChromium() ?? undefined,
    args: ['--no-sandbox', '--enable-precise-memory-info', '--js-flags=--expose-gc', ...args],
  });
}

/** Chromium, driven by Playwright. */
export async function launchChromium(): Promise<TestBrowser> {
  const browser = await launch();
  return {
    async newPage({ width = 1000, height = 640, isPhone = false } = {}) {
      return testPage(await browser.newPage({ viewport: { width, height }, hasTouch: isPhone, isMobile: isPhone }));
    },
    close: () => browser.close(),
  };
}

export function testPage(page: Page): TestPage {
  const { mouse, keyboard } = page;
  const hand: Hand = {
    move: (to, steps = 1) => mouse.move(to.x, to.y, { steps }),
    down: (button = 'left') => mouse.down({ button }),
    up: (button = 'left') => mouse.up({ button }),
    wheel: (dy) => mouse.wheel(0, dy),
    press: (keys) => keyboard.press(keys),
    keyDown: (key) => keyboard.down(key),
    keyUp: (key) => keyboard.up(key),
    ...fingersOf(() => page.context().newCDPSession(page)),
  };
  return {
    goto: async (address) => void (await page.goto(address)),
    evaluate: (expression) => page.evaluate(expression),
    hand,
    setSize: (width, height) => page.setViewportSize({ width, height }),
    close: () => page.close(),
  };
}

/** Playwright has taps only. */
function fingersOf(connect: () => Promise<CDPSession>): Pick<Hand, 'fingersDown' | 'fingersMove' | 'fingersUp'> {
  let session: Promise<CDPSession> | undefined;
  const send = async (type: 'touchStart' | 'touchMove' | 'touchEnd', points: readonly Point[]) => {
    session ??= connect();
    const touchPoints = points.map(({ x, y }, id) => ({ x, y, id }));
    await (await session).send('Input.dispatchTouchEvent', { type, touchPoints });
  };
  return {
    fingersDown: (...points) => send('touchStart', points),
    fingersMove: (...points) => send('touchMove', points),
    fingersUp: () => send('touchEnd', []),
  };
}
