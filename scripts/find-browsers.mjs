import { existsSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, join } from 'node:path';

const applications = '/Applications';

/** The first of these programs on the PATH. */
function onPath(names) {
  const folders = (process.env.PATH ?? '').split(delimiter);
  return folders.flatMap((folder) => names.map((name) => join(folder, name))).filter((path) => existsSync(path));
}

/** The path in a variable, else the first of these places that exists. */
function find(variable, places) {
  const named = process.env[variable];
  if (named !== undefined && named !== '') return existsSync(named) ? named : null;
  return places.find((path) => existsSync(path)) ?? null;
}

/**
 * The Chromium to test with: CHROMIUM_PATH, one on the PATH, or the one that Playwright has installed.
 *
 * @returns {string | null}
 */
export function findChromium() {
  return find('CHROMIUM_PATH', [
    ...onPath(['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']),
    join(applications, 'Google Chrome.app/Contents/MacOS/Google Chrome'),
    join(applications, 'Chromium.app/Contents/MacOS/Chromium'),
    ...ofPlaywright(),
  ]);
}

/**
 * The Firefox to test with: FIREFOX_PATH, or one on the PATH.
 *
 * @returns {string | null}
 */
export function findFirefox() {
  return find('FIREFOX_PATH', [
    ...onPath(['firefox-esr', 'firefox']),
    join(applications, 'Firefox.app/Contents/MacOS/firefox'),
  ]);
}

/**
 * The WebKit to test with: that of GTK, its driver, and a screen without a monitor.
 *
 * @returns {{ driver: string, browser: string, screen: string } | null}
 */
export function findWebKit() {
  const [driver] = onPath(['WebKitWebDriver']);
  const [screen] = onPath(['Xvfb']);
  const browser = miniBrowser();
  return driver === undefined || screen === undefined || browser === null ? null : { driver, browser, screen };
}

/** It is among the libraries: /usr/lib/<machine>/webkit2gtk-4.1/MiniBrowser. */
function miniBrowser() {
  const list = (folder) => (existsSync(folder) ? readdirSync(folder) : []);
  const folders = ['/usr/lib', '/usr/libexec', ...list('/usr/lib').map((name) => join('/usr/lib', name))];
  const found = folders.flatMap((folder) =>
    ['webkit2gtk-4.1', 'webkit2gtk-4.0', 'webkitgtk-6.0'].map((name) => join(folder, name, 'MiniBrowser')),
  );
  return found.find((path) => existsSync(path)) ?? null;
}

function ofPlaywright() {
  try {
    // Not imported, because `npm test` loads this file before anything is installed.
    return [createRequire(import.meta.url)('playwright').chromium.executablePath()];
  } catch {
    return [];
  }
}
