import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { launch, missing } from './browsers/index.js';
import { serve } from './test-page.js';

const folder = fileURLToPath(new URL('..', import.meta.url));
const isBuilt = existsSync(`${folder}dist/index.js`);

describe.skipIf(!isBuilt)('the package', () => {
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
});

describe.skipIf(missing !== null)('the single file', () => {
  test('makes a mask with nothing else fetched', async () => {
    const browser = await launch();
    const photo = await readFile(`${folder}../../examples/photos/cat.jpg`);
    const html = `<!doctype html><html lang="en"><title>One file</title><link rel="icon" href="data:,">
      <script src="/clickmask/clickmask-annotator.single.js"></script>
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
