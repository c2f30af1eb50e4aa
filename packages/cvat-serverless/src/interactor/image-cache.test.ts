import { describe, expect, it } from 'vitest';
import { createFakeSegmenter } from '../../test/support/fake-segmenter.js';
import { createImageCache } from './image-cache.js';

/** A frame of 2 x 2 px: its place, its file of 3 bytes and its pixels. */
const FRAME = 2048 + 3 + 12;

function setUp(budget = 100 * FRAME) {
  const fake = createFakeSegmenter({ width: 2, height: 2 });
  return { fake, images: createImageCache(fake, budget) };
}
/** A file of three bytes, in base64. */
const file = (n: number): string => Buffer.from([1, 2, n]).toString('base64');
const click = { x: 1, y: 1, label: 'positive' } as const;

describe('createImageCache', () => {
  it('knows a frame by its bytes, as text or as bytes of the text', async () => {
    const { fake, images } = setUp();
    const frame = await images.open(file(1));
    expect(await images.open(Buffer.from(file(1)))).toBe(frame);
    expect(await images.open(file(2))).not.toBe(frame);
    expect(frame.image.key).toBe(frame.key);
    expect([fake.opened.length, images.size, images.bytes]).toEqual([2, 2, 2 * FRAME]);
  });

  it('decodes bytes of base64 as it decodes text', async () => {
    const sources: unknown[] = [];
    const fake = createFakeSegmenter();
    const open: typeof fake.open = (source, options) => {
      sources.push(source);
      return fake.open(source, options);
    };
    const images = createImageCache({ ...fake, open }, 1e6);
    await images.open(file(1));
    await images.open(Buffer.from(file(2)));
    expect(sources).toEqual([Buffer.from([1, 2, 1]), Buffer.from([1, 2, 2])]);
  });

  it.each(['', '====', Buffer.from('!')])('refuses %j, which holds no bytes', async (base64) => {
    const { images } = setUp();
    await expect(images.open(base64)).rejects.toMatchObject({ code: 'bad-image' });
    expect(images.size).toBe(0);
  });

  it('opens a frame again that could not be opened', async () => {
    const fake = createFakeSegmenter();
    const answers = [Promise.reject(new Error('no memory'))];
    const images = createImageCache({ ...fake, open: (...given) => answers.pop() ?? fake.open(...given) }, 1e6);
    await expect(images.open(file(1))).rejects.toThrow('no memory');
    expect((await images.open(file(1))).image).toBeDefined();
  });

  it('counts clicks once they are made', async () => {
    const { images } = setUp();
    const frame = await images.open(file(1));
    frame.order.remember([click, click]);
    images.recount(frame);
    expect(images.bytes).toBe(FRAME + 128);
  });

  it('lets older frames go when clicks need their place', async () => {
    const { fake, images } = setUp(2 * FRAME);
    const [first, second] = [await images.open(file(1)), await images.open(file(2))];
    second.order.remember([click]);
    images.recount(second);
    expect([images.size, fake.closed]).toEqual([1, [first.key]]);
    // It went meanwhile, and stays away.
    images.recount(first);
    expect([images.size, images.bytes]).toEqual([1, FRAME + 64]);
  });

  it('keeps a frame that was used lately', async () => {
    const { images } = setUp(2 * FRAME);
    const first = await images.open(file(1));
    await images.open(file(2));
    await images.open(file(1));
    await images.open(file(3));
    expect(await images.open(file(1))).toBe(first);
  });

  it('drops a frame without clicks only', async () => {
    const { fake, images } = setUp();
    const [used, unused] = [await images.open(file(1)), await images.open(file(2))];
    used.order.remember([click]);
    for (const frame of [used, unused]) images.dropUnused(frame);
    expect([images.size, fake.closed]).toEqual([1, [unused.key]]);
    images.clear();
    expect([images.size, fake.closed]).toEqual([0, [unused.key, used.key]]);
  });

  it('goes on if an image cannot be closed', async () => {
    const fake = createFakeSegmenter();
    const open: typeof fake.open = async (...args) => ({
      ...(await fake.open(...args)),
      close: () => Promise.reject(new Error('lost')),
    });
    const images = createImageCache({ ...fake, open }, 1e6);
    await images.open(file(1));
    images.clear();
    expect(images.size).toBe(0);
  });
});
