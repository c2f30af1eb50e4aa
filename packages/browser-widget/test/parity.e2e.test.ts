import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Click, MaskRuns } from '@clickmask/core';
import { maskIou } from '@clickmask/core/masks';
import { createSegmenter } from '@clickmask/core/node';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { missing, softwareGpu } from './browsers/index.js';
import { useWidgets, type ChromiumWidget as Widget, type Widgets } from './test-page.js';

const photo = (name: string) => fileURLToPath(new URL(`../../../examples/photos/${name}`, import.meta.url));

const cases: { readonly picture: string; readonly clicks: readonly Click[] }[] = [
  {
    picture: 'cat.jpg',
    clicks: [
      { x: 210.5, y: 150.25, label: 'positive' },
      { x: 30, y: 120, label: 'negative' },
      { x: 120, y: 250, label: 'positive' },
    ],
  },
  {
    picture: 'coffee.jpg',
    clicks: [
      { x: 300, y: 200, label: 'positive' },
      { x: 60, y: 350, label: 'negative' },
      { x: 330, y: 300, label: 'positive' },
    ],
  },
  {
    picture: 'astronaut.jpg',
    clicks: [
      { x: 220, y: 320, label: 'positive' },
      { x: 420, y: 100, label: 'negative' },
    ],
  },
];

/** Masks after each click in Node, refined as in a page, on the very pixels that a lossless picture gives to both. */
async function nodeMasks(bytes: Uint8Array, clicks: readonly Click[]): Promise<MaskRuns[]> {
  const segmenter = await createSegmenter({ workers: 0, provider: 'cpu', refinement: { zoomIn: 'off' } });
  const image = await segmenter.open(bytes);
  const masks: MaskRuns[] = [];
  for (let count = 1; count <= clicks.length; count++) {
    masks.push((await segmenter.segment(image, { clicks: clicks.slice(0, count) })).runs);
  }
  await segmenter.close();
  return masks;
}

/** The same in the widget, one click after another. */
async function widgetMasks(widget: Widget, clicks: readonly Click[]): Promise<MaskRuns[]> {
  const masks: MaskRuns[] = [];
  for (const click of clicks) {
    await widget.page.evaluate((one) => {
      (document.querySelector('#a') as unknown as { annotator: { addClick(click: unknown): void } }).annotator.addClick(
        one,
      );
    }, click);
    await widget.settled();
    const plain = await widget.run((element) => {
      const { width, height, rows, spans } = element.getResult('runs')!;
      return { width, height, rows: [...rows], spans: [...spans] };
    });
    masks.push({ ...plain, rows: Uint32Array.from(plain.rows), spans: Uint32Array.from(plain.spans) });
  }
  return masks;
}

describe.skipIf(missing !== null)('masks of the browser and of Node', () => {
  const pngs = new Map<string, Uint8Array>();
  const routes = async () => {
    for (const { picture } of cases) pngs.set(picture, await sharp(photo(picture)).png().toBuffer());
    return {
      png: async (request: Request) =>
        new Response(pngs.get(new URL(request.url).pathname.split('/')[2]) as Uint8Array<ArrayBuffer>, {
          headers: { 'cross-origin-resource-policy': 'same-origin' },
        }),
    };
  };
  /** IoU of the masks after every click, for every picture. */
  const compare = async (widgets: Widgets, provider: string, chosen = cases) => {
    const report: Record<string, number[]> = {};
    for (const { picture, clicks } of chosen) {
      const widget = await widgets.open(`src="/png/${picture}" no-preview provider="${provider}"`);
      expect(await widget.run((element) => element.annotator!.provider)).toBe(provider);
      const [browserMasks, expected] = [await widgetMasks(widget, clicks), await nodeMasks(pngs.get(picture)!, clicks)];
      report[picture] = browserMasks.map((mask, index) => maskIou(mask, expected[index]));
    }
    return report;
  };

  describe('on WASM', () => {
    const widgets = useWidgets({ routes });

    test('IoU of at least 0.995 after every click', async () => {
      const report = await compare(widgets, 'wasm');
      console.info('WASM against Node, IoU:', JSON.stringify(report));
      for (const ious of Object.values(report)) for (const iou of ious) expect(iou).toBeGreaterThanOrEqual(0.995);
    });

    test('the decoders of JPEG agree well enough for the same masks', async () => {
      const widget = await widgets.open('src="/examples/photos/coffee.jpg" no-preview provider="wasm"');
      const { clicks } = cases[1];
      const masks = await widgetMasks(widget, clicks);
      const expected = await nodeMasks(await readFile(photo('coffee.jpg')), clicks);
      for (const [index, mask] of masks.entries()) expect(maskIou(mask, expected[index])).toBeGreaterThanOrEqual(0.995);
    });
  });

  describe('on WASM with threads, in a page that is cross-origin isolated', () => {
    const widgets = useWidgets({ routes, isolated: true });

    test('IoU of at least 0.995 after every click', async () => {
      const report = await compare(widgets, 'wasm', cases.slice(0, 1));
      for (const ious of Object.values(report)) for (const iou of ious) expect(iou).toBeGreaterThanOrEqual(0.995);
    });
  });

  describe('on WebGPU, emulated', () => {
    const widgets = useWidgets({ routes, args: softwareGpu });

    // An emulated GPU is slow: it compiles its shaders for most of a minute where the machine is busy.
    test('IoU of at least 0.995 after every click', { timeout: 300_000 }, async () => {
      const report = await compare(widgets, 'webgpu', cases.slice(0, 1));
      console.info('WebGPU against Node, IoU:', JSON.stringify(report));
      for (const ious of Object.values(report)) for (const iou of ious) expect(iou).toBeGreaterThanOrEqual(0.995);
    });
  });
});
