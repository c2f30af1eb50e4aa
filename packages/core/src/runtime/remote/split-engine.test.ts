import { afterEach, expect, it, vi } from 'vitest';
import { codeOf, fakeEngine, fakeModel, picture } from '../../../test/support/fake-model.js';
import { createHost } from '../../host/index.js';
import { createSegmenterHandler } from './handler.js';
import { createSplitParts } from './split-engine.js';

afterEach(() => vi.unstubAllGlobals());

async function setUp() {
  const segmenter = await createHost({ slots: [{ start: async () => fakeEngine() }] });
  const handle = createSegmenterHandler({ segmenter });
  vi.stubGlobal('fetch', (url: string, init: RequestInit) => handle(new Request(url, init)));
  return createSplitParts({ url: 'http://localhost/clickmask' }, segmenter.info.model);
}

it('encodes on the server, and keeps nothing of an image that could not be opened', async () => {
  const parts = await setUp();
  const engine = fakeEngine(fakeModel(), { limits: { maxPixels: 99 } });
  const wrapped = parts.wrapEngine(engine);
  const model = parts.wrapModel(fakeModel().model);
  const [small, large] = [picture(9, 9), picture(10, 10)];
  const viewOf = (side: number) => ({
    roi: { x: 0, y: 0, width: side, height: side },
    zoomed: false,
    mirrored: false,
  });
  await wrapped.load('small', small);
  expect((await model.encode(small, viewOf(9), 'small')).bytes).toBe(1000);
  expect(await codeOf(wrapped.load('large', large))).toBe('image-too-large');
  expect(await codeOf(model.encode(large, viewOf(10), 'large'))).toBe('image-not-loaded');
  // Another image of the same key hinders the first one nothing.
  expect(await codeOf(wrapped.load('small', large))).toBe('image-too-large');
  expect((await model.encode(small, viewOf(9), 'small')).bytes).toBe(1000);
});
