import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { findChromium, findFirefox, findWebKit } from '../../../../scripts/find-browsers.mjs';
import { launchChromium } from './chromium.js';
import { launchFirefox } from './firefox.js';
import type { TestBrowser } from './page.js';
import { launchWebKit } from './webkit.js';

export { launch, softwareGpu, testPage } from './chromium.js';
export type { Hand, PageOptions, Point, TestBrowser, TestPage } from './page.js';

/** A browser that tests can run in. */
export interface BrowserKind {
  readonly name: string;
  /** Why it cannot be used here; null where it can. */
  readonly missing: string | null;
  launch(): Promise<TestBrowser>;
}

const built = existsSync(
  fileURLToPath(new URL('../../../browser-widget-standalone/dist/web-worker.js', import.meta.url)),
);
const firefoxPath = findFirefox();
const webkitPaths = findWebKit();

function kind(name: string, isThere: boolean, cure: string, launcher: () => Promise<TestBrowser>): BrowserKind {
  const missing = isThere ? (built ? null : 'the widget is not built: npm run build') : `no ${name} found: ${cure}`;
  if (missing !== null) console.warn(`Tests in ${name} are left out: ${missing}`);
  return { name, missing, launch: launcher };
}

export const chromium: BrowserKind = kind(
  'Chromium',
  findChromium() !== null,
  'install one (apt-get install chromium, or npx playwright install chromium), or set CHROMIUM_PATH',
  launchChromium,
);

export const firefox: BrowserKind = kind(
  'Firefox',
  firefoxPath !== null,
  'install one (apt-get install firefox-esr), or set FIREFOX_PATH',
  () => launchFirefox(firefoxPath ?? ''),
);

export const webkit: BrowserKind = kind(
  'WebKit',
  webkitPaths !== null,
  'apt-get install webkit2gtk-driver xvfb (Linux only)',
  () => {
    if (webkitPaths === null) throw new Error('no WebKit');
    return launchWebKit(webkitPaths);
  },
);

/** Why tests in Chromium cannot run here; null where they can. */
export const { missing } = chromium;
