/** The Chromium to test with: CHROMIUM_PATH, one on the PATH, or the one that Playwright has installed. */
export function findChromium(): string | null;
