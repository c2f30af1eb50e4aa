import { mkdtempSync, rmSync } from 'node:fs';
import { copyFile, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Click, MaskRuns } from '@clickmask/core';
import { maskIou } from '@clickmask/core/masks';
import { createSegmenter } from '@clickmask/core/node';
import sharp from 'sharp';
import { afterAll, describe, expect, test } from 'vitest';
import { firefox, missing, softwareGpu, webkit } from './browsers/index.js';
import { type Route, useWidgets, useWidgetsIn, type Widget, type Widgets } from './test-page.js';

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

/** Masks after each click in Node, refined as in a page, on the very pixels that a lossless image gives to both. */
async function nodeMasks(bytes: Uint8Array, clicks: readonly Click[], model?: string): Promise<MaskRuns[]> {
  const segmenter = await createSegmenter({
    workers: 0,
    provider: 'cpu',
    refinement: { zoomIn: 'off' },
    ...(model === undefined ? {} : { model }),
  });
  const image = await segmenter.open(bytes);
  const masks: MaskRuns[] = [];
  for (let count = 1; count <= clicks.length; count++) {
    masks.push((await segmenter.segment(image, { clicks: clicks.slice(0, count) })).runs);
  }
  await segmenter.close();
  return masks;
}

/**
 * Writes a folder as `clickmask adapt` does. Its network is the embedded one with a mark of its own: a higher threshold.
 * With CLICKMASK_ADAPTED_MODEL, the tests take a folder that was really adapted.
 */
async function standIn(folder: string): Promise<void> {
  const embedded = fileURLToPath(new URL('../../../models/clickmask-small/', import.meta.url));
  const manifest = JSON.parse(await readFile(join(embedded, 'model.json'), 'utf8')) as Record<string, unknown>;
  const adapted = {
    ...manifest,
    name: 'boards',
    version: `${String(manifest.version)}-3886d6df`,
    licence: { id: 'Apache-2.0', commercialUse: true, note: 'Adapted with pictures of the licence: MIT.' },
    source: { text: 'Adapted from clickmask-small.' },
    threshold: 0.7,
  };
  await writeFile(join(folder, 'model.json'), JSON.stringify(adapted));
  for (const graph of ['encoder.onnx', 'decoder.onnx']) await copyFile(join(embedded, graph), join(folder, graph));
  for (const other of ['adapted.json', 'report.html']) await writeFile(join(folder, other), '{}');
}

/** The same in the widget, one click after another. */
async function widgetMasks(widget: Widget, clicks: readonly Click[]): Promise<MaskRuns[]> {
  const masks: MaskRuns[] = [];
  for (const click of clicks) {
    await widget.run(
      new Function('element', `element.annotator.addClick(${JSON.stringify(click)})`) as (element: unknown) => void,
    );
    await widget.settled();
    const plain = await widget.run((element) => {
      const { width, height, rows, spans } = element.getResult('runs')!;
      return { width, height, rows: [...rows], spans: [...spans] };
    });
    masks.push({ ...plain, rows: Uint32Array.from(plain.rows), spans: Uint32Array.from(plain.spans) });
  }
  return masks;
}

const pngs = new Map<string, Uint8Array>();
/** The photos without a loss, so that no decoder makes a difference. */
const routes = async (): Promise<{ readonly png: Route }> => {
  for (const { picture } of cases) pngs.set(picture, await sharp(photo(picture)).png().toBuffer());
  return {
    png: async (request) =>
      new Response(pngs.get(new URL(request.url).pathname.split('/')[2]) as Uint8Array<ArrayBuffer>, {
        headers: { 'cross-origin-resource-policy': 'same-origin' },
      }),
  };
};

describe.each([firefox, webkit])('$name', (kind) => {
  if (kind.missing !== null) return test.skip(kind.missing, () => {});
  const widgets = useWidgetsIn(kind, { routes });

  test.each(cases.slice(0, 2))(
    '$picture: a press by hand makes a mask, and every mask is that of Node',
    { timeout: 180_000 },
    async ({ picture, clicks }) => {
      const widget = await widgets.open(`src="/png/${picture}" no-preview provider="wasm"`, { fake: false });
      const expected = await nodeMasks(pngs.get(picture)!, clicks);
      const masks = await widgetMasks(widget, clicks);
      const report = masks.map((mask, i) => maskIou(mask, expected[i]));
      console.info(`${kind.name} against Node, ${picture}, IoU:`, report);
      for (const iou of report) expect(iou).toBeGreaterThanOrEqual(0.995);
      await widget.run((element) => element.annotator!.accept());
      await widget.click(clicks[0].x, clicks[0].y);
      const { objects } = await widget.value();
      expect(objects).toHaveLength(2);
      expect(
        Math.hypot(objects[1].prompt.clicks[0].x - clicks[0].x, objects[1].prompt.clicks[0].y - clicks[0].y),
      ).toBeLessThan(1);
      expect(await widget.area()).toBeGreaterThan(1000);
      await widget.hand.press('Control+z');
      expect((await widget.value()).objects).toHaveLength(1);
    },
  );
});

describe.skipIf(missing !== null)('masks of the browser and of Node', () => {
  /** IoU of the masks after every click, for every image. */
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

  describe('an adapted model, by its address', () => {
    const folder = process.env.CLICKMASK_ADAPTED_MODEL ?? mkdtempSync(join(tmpdir(), 'clickmask-adapted-'));
    const isReal = process.env.CLICKMASK_ADAPTED_MODEL !== undefined;
    const asked: string[] = [];
    const widgets = useWidgets({
      routes: async () => {
        if (!isReal) await standIn(folder);
        return {
          ...(await routes()),
          async adapted(request: Request) {
            const name = basename(new URL(request.url).pathname);
            asked.push(name);
            return new Response(new Uint8Array(await readFile(join(folder, name))));
          },
        };
      },
    });
    afterAll(() => isReal || rmSync(folder, { recursive: true }));

    test.each(['model="/adapted"', 'model="/adapted/"'])(
      '%s: its masks are those of Node with the same folder',
      async (attributes) => {
        const { picture, clicks } = cases[0];
        const png = pngs.get(picture)!;
        const widget = await widgets.open(`src="/png/${picture}" no-preview provider="wasm" ${attributes}`);
        const masks = await widgetMasks(widget, clicks);
        const expected = await nodeMasks(png, clicks, folder);
        const embedded = await nodeMasks(png, clicks);
        console.info(
          'Adapted model in the widget against Node, IoU:',
          masks.map((mask, i) => maskIou(mask, expected[i])),
        );
        for (const [i, mask] of masks.entries()) expect(maskIou(mask, expected[i])).toBeGreaterThanOrEqual(0.995);
        // It is another network than the embedded one, and only its own files were fetched.
        expect(masks.some((mask, i) => maskIou(mask, embedded[i]) < 0.999)).toBe(true);
        expect(new Set(asked)).toEqual(new Set(['model.json', 'encoder.onnx', 'decoder.onnx']));
        const { model } = await widget.run((element) => element.exportLog());
        const { name, version } = JSON.parse(await readFile(join(folder, 'model.json'), 'utf8')) as Record<
          string,
          string
        >;
        expect(model).toBe(`${name} ${version}`);
      },
    );
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
      const fetched: string[] = [];
      const noted: Widgets = {
        ...widgets,
        open: (attributes, options) =>
          widgets.open(attributes, {
            ...options,
            setup: async (page) => void page.on('request', (request) => fetched.push(request.url())),
          }),
      };
      const report = await compare(noted, 'webgpu', cases.slice(0, 1));
      // Chromium suspends WebAssembly by itself, and takes the smallest build that can.
      expect(fetched.filter((url) => url.endsWith('.wasm')).map((url) => url.split('.').at(-2))).toEqual(['jspi']);
      console.info('WebGPU against Node, IoU:', JSON.stringify(report));
      for (const ious of Object.values(report)) for (const iou of ious) expect(iou).toBeGreaterThanOrEqual(0.995);
    });
  });
});
