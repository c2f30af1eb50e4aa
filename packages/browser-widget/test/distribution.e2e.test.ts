import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { nodeResolve } from '@rollup/plugin-node-resolve';
import { transform } from 'esbuild';
import { publint } from 'publint';
import { rollup } from 'rollup';
import { describe, expect, test } from 'vitest';
import { launch, missing } from './chromium.js';
import { serve } from './test-page.js';

const folder = fileURLToPath(new URL('..', import.meta.url));
const isBuilt = existsSync(`${folder}dist/index.js`);

/** Bundles a line of code that uses the package, minified; `external` stays outside. */
async function bundle(code: string, external: readonly (string | RegExp)[]): Promise<string> {
  const entry = 'virtual:entry';
  const made = await rollup({
    input: entry,
    external: [...external],
    onwarn: () => {},
    plugins: [
      {
        name: 'entry',
        resolveId: (id) => (id === entry ? { id: entry, moduleSideEffects: true } : null),
        load: (id) => (id === entry ? code : null),
      },
      nodeResolve({ rootDir: folder }),
    ],
  });
  const { output } = await made.generate({ format: 'es', inlineDynamicImports: true });
  await made.close();
  return (await transform(output[0].code, { minify: true })).code;
}

describe.skipIf(!isBuilt)('the package', () => {
  test('is what npm, Node and bundlers expect', async () => {
    const { messages } = await publint({ pkgDir: folder, strict: true, pack: false });
    expect(messages).toEqual([]);
  });

  test.each(['@clickmask/browser-widget', '@clickmask/browser-widget/define'])(
    '%s can be imported without a DOM',
    (name) => {
      const code = `const all = await import('${name}'); if (typeof all.createAnnotator !== 'function') process.exit(3); all.defineClickmaskAnnotator();`;
      const { status, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', code], {
        cwd: folder,
        encoding: 'utf8',
      });
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    },
  );

  test('the widget takes at most 45 kB over the wire, core and runtime apart', async () => {
    const code = await bundle(`export * from '${folder}dist/define.js';`, [/^@clickmask\/core/, /^onnxruntime/]);
    const size = gzipSync(code, { level: 9 }).length;
    console.info(`widget: ${size} bytes gzip`);
    expect(size).toBeLessThanOrEqual(45_000);
  });

  test('what is not used is left out', async () => {
    const code = await bundle(`export { defaultShortcuts } from '${folder}dist/index.js';`, [
      /^@clickmask\/core/,
      /^onnxruntime/,
    ]);
    expect(code.length).toBeLessThan(4000);
  });
});

describe.skipIf(missing !== null)('the single file', () => {
  test('makes a mask with nothing else fetched', async () => {
    const browser = await launch();
    const photo = await readFile(`${folder}../../examples/photos/cat.jpg`);
    const html = `<!doctype html><html lang="en"><title>One file</title><link rel="icon" href="data:,">
      <script type="module" src="/clickmask/clickmask-annotator.single.js"></script>
      <clickmask-annotator id="a" no-preview></clickmask-annotator>`;
    const server = await serve({
      one: async () => new Response(html, { headers: { 'content-type': 'text/html' } }),
    });
    const page = await browser.newPage();
    const asked: string[] = [];
    page.on('request', (request) =>
      asked.push(new URL(request.url()).protocol === 'http:' ? new URL(request.url()).pathname : ''),
    );
    await page.goto(`${server.url}one`);
    const area = await page.evaluate(async (base64) => {
      const element = document.querySelector('#a') as unknown as {
        load(source: Uint8Array): Promise<void>;
        annotator: {
          ready: boolean;
          addClick(click: object): void;
          settled(): Promise<void>;
          getResult(format: string): { data: Uint8Array };
        };
      };
      await element.load(Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0)));
      element.annotator.addClick({ x: 200, y: 150, label: 'positive' });
      await element.annotator.settled();
      return element.annotator.getResult('mask').data.reduce((sum, value) => sum + value, 0);
    }, photo.toString('base64'));
    expect(area).toBeGreaterThan(10_000);
    expect(asked.filter((path) => path !== '')).toEqual(['/one', '/clickmask/clickmask-annotator.single.js']);
    await browser.close();
    await server.close();
  });
});
