/** The Chromium to test with: CHROMIUM_PATH, one on the PATH, or the one that Playwright has installed. */
export function findChromium(): string | null;

/** The Firefox to test with: FIREFOX_PATH, or one on the PATH. */
export function findFirefox(): string | null;

/** The WebKit to test with: that of GTK, its driver, and a screen without a monitor. */
export function findWebKit(): { driver: string; browser: string; screen: string } | null;
