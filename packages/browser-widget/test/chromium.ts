import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type Browser, chromium } from 'playwright';
import { findChromium } from '../../../scripts/find-chromium.mjs';

export const chromiumPath = findChromium();

const built = existsSync(fileURLToPath(new URL('../dist/standalone/web-worker.js', import.meta.url)));

/** Why browser tests cannot run here; null where they can. */
export const missing =
  chromiumPath === null
    ? 'no Chromium found: install one (apt-get install chromium, or npx playwright install chromium), or set CHROMIUM_PATH'
    : built
      ? null
      : 'the widget is not built: npm run build';

if (missing !== null) console.warn(`Browser tests are left out: ${missing}`);

/** Emulates a GPU in software, so that WebGPU can be tested without one. */
export const softwareGpu = ['--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader'];

export function launch(args: readonly string[] = []): Promise<Browser> {
  return chromium.launch({
    executablePath: chromiumPath ?? undefined,
    args: ['--no-sandbox', '--enable-precise-memory-info', '--js-flags=--expose-gc', ...args],
  });
}
