import { describe, expect, test } from 'vitest';
import { missing, softwareGpu } from './browsers/index.js';
import { useWidgets, type ChromiumWidget as Widget } from './test-page.js';

/** A segmenter that may take the emulated GPU, as `auto` takes a real one. */
const segmenterOnGpu = `
  document.addEventListener('DOMContentLoaded', () => {
    document.querySelector('#a').segmenter = async () => {
      const { createSegmenter } = await import('/core/web.js');
      return createSegmenter({
        provider: 'auto',
        allowSoftwareGpu: true,
        model: '/models/three-readings/',
        worker: '/clickmask/web-worker.js',
        wasmPaths: '/clickmask/',
      });
    };
  });`;

// The process that owns the GPU is really killed, which is what a driver's crash, a suspended laptop or a pulled card
// look like to a page.
describe.skipIf(missing !== null)('a GPU that is lost', () => {
  const widgets = useWidgets({
    args: softwareGpu,
    attributes: 'src="/examples/photos/cat.jpg" no-preview',
    page: { setup: (page) => page.addInitScript({ content: segmenterOnGpu }) },
  });
  const crash = async () => {
    const cdp = await widgets.browser.newBrowserCDPSession();
    // The answer may be lost along with the process.
    await cdp.send('Browser.crashGpuProcess').catch(() => {});
  };
  const provider = (widget: Widget) => widget.run((element) => element.annotator!.provider);

  test('between two clicks: the processor takes over, says so, and the work goes on', {
    timeout: 120_000,
  }, async () => {
    const widget = await widgets.open();
    expect(await provider(widget)).toBe('webgpu');
    await widget.click(200, 150);
    const first = await widget.area();
    expect(first).toBeGreaterThan(1000);
    await crash();
    await widget.page.waitForTimeout(300);
    await widget.click(260, 160);
    expect(await provider(widget)).toBe('wasm');
    const second = await widget.area();
    expect(second).toBeGreaterThan(first * 1.05);
    expect(await widget.announced()).toMatch(/^The GPU is not usable here; computing on the processor\. Mask covers/);
    const runtime = await widget.run((element) => element.shadowRoot!.querySelector('.runtime')!.textContent);
    expect(runtime).toBe('three-readings 1.0.0 · wasm');
    await widget.page.keyboard.press('Control+z');
    expect(await widget.area()).toBe(first);
    await widget.page.keyboard.press('Control+y');
    expect(await widget.area()).toBe(second);
    await widget.click(100, 200, { modifier: 'Shift' });
    expect(await widget.announced()).toMatch(/^(This click changed nothing\. )?Mask covers/);
  });

  test('while it computes: the click is answered all the same', { timeout: 120_000 }, async () => {
    const widget = await widgets.open();
    expect(await provider(widget)).toBe('webgpu');
    // Until one is hit while it runs.
    for (let i = 0; i < 20; i++) {
      const point = await widget.at(60 + 15 * i, 150);
      await widget.page.mouse.click(point.x, point.y);
      if (i === 3) await crash();
    }
    await widget.settled();
    expect(await provider(widget)).toBe('wasm');
    const { prompt, result } = (await widget.value()).objects[0];
    expect(prompt.clicks).toHaveLength(20);
    expect(result!.prompt.clicks).toHaveLength(20);
    expect(await widget.area()).toBeGreaterThan(10_000);
    const failed = await widget.run((element) =>
      element.shadowRoot!.querySelector('.status')!.hasAttribute('data-error'),
    );
    expect(failed).toBe(false);
  });
});
