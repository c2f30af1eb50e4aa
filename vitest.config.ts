import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { playwright } from '@vitest/browser-playwright';
import { defineConfig, type TestProjectConfiguration } from 'vitest/config';
import { findChromium } from './scripts/find-browsers.mjs';

const chromium = findChromium();
const seed = process.env.TEST_SEED;

const properties = {
  setupFiles: [fileURLToPath(new URL('test/seed.setup.ts', import.meta.url))],
  provide: { seed: seed === undefined ? null : Number(seed) },
};

const node: TestProjectConfiguration = {
  test: {
    ...properties,
    name: 'node',
    include: [
      'packages/*/src/**/*.test.ts',
      'packages/*/bin/**/*.test.ts',
      'packages/*/test/**/*.test.ts',
      'test/**/*.test.ts',
    ],
    exclude: ['**/*.browser.test.ts', '**/node_modules/**', '**/dist/**'],
    testTimeout: 60_000,
    hookTimeout: 120_000,
  },
};

/** What runs on the sources in a real browser, with a GPU emulated in software. */
const browser: TestProjectConfiguration = {
  // Found when the tests start, they would make the page load anew in the middle of one.
  optimizeDeps: { include: ['fast-check', 'onnxruntime-web/wasm', 'onnxruntime-web/webgpu', 'onnxruntime-web/jspi'] },
  test: {
    ...properties,
    name: 'browser',
    include: ['packages/*/src/**/*.browser.test.ts'],
    testTimeout: 90_000,
    browser: {
      enabled: true,
      headless: true,
      screenshotFailures: false,
      provider: playwright({
        launchOptions: {
          executablePath: chromium ?? undefined,
          args: ['--no-sandbox', '--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader'],
        },
      }),
      instances: [{ browser: 'chromium' }],
    },
  },
};

if (chromium === null) {
  console.warn('No Chromium found: the browser tests are left out. Install one, or set CHROMIUM_PATH.');
}

export default defineConfig({
  test: {
    // Much of the time goes into waiting for browsers and servers: on two cores, two files at a time.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    projects: chromium === null ? [node] : [node, browser],
  },
});
