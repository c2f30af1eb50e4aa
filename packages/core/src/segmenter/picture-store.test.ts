import { expect, it } from 'vitest';
import { codeOf, picture } from '../../test/support/fake-model.js';
import { wholeRect } from '../geometry/index.js';
import type { ReducedImage } from '../image/index.js';
import { createPictureStore, shrinkFor } from './picture-store.js';

const file = (width: number, height: number) => new Uint8Array(Uint16Array.of(width, height).buffer);
const sizeOf = (bytes: Uint8Array) => {
  const [width, height] = new Uint16Array(bytes.slice().buffer);
  return { width, height };
};

function store(budget: number, enough: { width: number; height: number } | undefined) {
  const decoded: number[] = [];
  const made = createPictureStore({
    async decodeImage(bytes, _, shrink): Promise<ReducedImage> {
      const full = sizeOf(bytes);
      const factor = shrink(full);
      decoded.push(factor);
      const image = picture(Math.ceil(full.width / factor), Math.ceil(full.height / factor));
      return factor === 1 ? image : { ...image, full };
    },
    maxPixels: 1e6,
    budget,
    enough,
  });
  const view = (x: number, y: number, width: number, height: number) => ({
    roi: { x, y, width, height },
    zoomed: false,
    mirrored: false,
  });
  return { store: made, decoded, view };
}

it.each([
  [400, 300, undefined, 1],
  [400, 300, 100, 2],
  [299, 900, 100, 1],
  [300, 900, 100, 2],
  [599, 600, 100, 2],
  [600, 600, 100, 4],
  [4000, 3000, 384, 4],
  [8000, 6250, 384, 8],
  [12_000, 8000, 384, 8],
  [640, 480, 384, 1],
  [1, 1, 384, 1],
])('shrinks a view of %i x %i px, of which %s are enough, by %i', (width, height, side, factor) => {
  expect(shrinkFor({ width, height }, side === undefined ? side : { width: side, height: side })).toBe(factor);
});

it('gives each view as many pixels as it needs, whatever is kept', async () => {
  const { store: pictures, decoded, view } = store(1e6, { width: 10, height: 10 });
  expect(await pictures.load('a', file(80, 61))).toEqual({ width: 80, height: 61 });
  expect(pictures.sizeOf('a')).toEqual({ width: 80, height: 61 });
  const whole = view(0, 0, 80, 61);
  const part = view(1, 0, 29, 61);
  expect(pictures.pixelsFor('a', whole)).toMatchObject({ width: 20, height: 16, full: { width: 80, height: 61 } });
  expect(() => pictures.pixelsFor('a', part)).toThrow(
    expect.objectContaining({ code: 'image-not-loaded', details: { shrink: 1 } }),
  );
  await pictures.load('a', file(80, 61), 1);
  expect(pictures.pixelsFor('a', part)).toMatchObject({ width: 80, height: 61 });
  expect(pictures.pixelsFor('a', part).full).toBeUndefined();
  expect(pictures.pixelsFor('a', whole)).toMatchObject({ width: 20 });
  const half = view(1, 0, 79, 31);
  expect(() => pictures.pixelsFor('a', half)).toThrow(expect.objectContaining({ details: { shrink: 2 } }));
  await pictures.load('a', file(80, 61), 2);
  expect(pictures.pixelsFor('a', half)).toMatchObject({ width: 40, height: 31, full: { width: 80, height: 61 } });
  expect(decoded).toEqual([4, 1, 2]);
  expect(pictures.bytes).toBe((20 * 16 + 40 * 31 + 80 * 61) * 3);
});

it('asks for fewer pixels where only all of them are kept', async () => {
  const { store: pictures, view } = store(80 * 60 * 3, { width: 10, height: 10 });
  await pictures.load('a', file(80, 60));
  await pictures.load('a', file(80, 60), 1);
  await pictures.load('b', file(9, 9));
  expect(pictures.pixelsFor('b', view(0, 0, 9, 9))).toMatchObject({ width: 9 });
  expect(() => pictures.pixelsFor('a', view(0, 0, 80, 60))).toThrow(
    expect.objectContaining({ details: { shrink: 4 } }),
  );
});

it('takes pixels that are given as they are, and images that are small', async () => {
  const { store: pictures, decoded, view } = store(1e6, { width: 10, height: 10 });
  await pictures.load('raw', picture(80, 60));
  expect(pictures.pixelsFor('raw', view(0, 0, 80, 60))).toMatchObject({ width: 80 });
  expect(pictures.pixelsFor('raw', view(5, 0, 9, 9))).toMatchObject({ width: 80 });
  await pictures.load('small', file(20, 20));
  expect(pictures.pixelsFor('small', view(5, 0, 9, 9))).toMatchObject({ width: 20 });
  expect(decoded).toEqual([1]);
});

it('decodes all pixels for a model that wants them', async () => {
  const { store: pictures, decoded } = store(1e6, undefined);
  await pictures.load('a', file(800, 600));
  expect(decoded).toEqual([1]);
});

it('keeps all of the image loaded last, beyond any budget, and frees what is forgotten', async () => {
  const { store: pictures, view } = store(0, { width: 10, height: 10 });
  await pictures.load('a', file(80, 60));
  await pictures.load('a', file(80, 60), 1);
  expect(pictures.pixelsFor('a', view(0, 0, 80, 60))).toMatchObject({ width: 20 });
  expect(pictures.pixelsFor('a', view(1, 1, 8, 6))).toMatchObject({ width: 80 });
  expect(pictures.bytes).toBe((20 * 15 + 80 * 60) * 3);
  await pictures.load('b', file(9, 9));
  expect(await codeOf((async () => pictures.pixelsFor('a', view(1, 1, 8, 6)))())).toBe('image-not-loaded');
  expect(pictures).toMatchObject({ count: 2, bytes: 9 * 9 * 3 });
  pictures.forget('a');
  expect(await codeOf((async () => pictures.sizeOf('a'))())).toBe('image-not-loaded');
  pictures.forget('b');
  expect(pictures).toMatchObject({ count: 0, bytes: 0 });
});

it('tells the time of all decoding once', async () => {
  const { store: pictures } = store(1e6, { width: 10, height: 10 });
  await pictures.load('a', file(80, 60));
  const first = pictures.takeDecodeMs('a');
  expect(first).toBeGreaterThan(0);
  expect(pictures.takeDecodeMs('a')).toBe(0);
  expect(pictures.takeDecodeMs('b')).toBe(0);
});

it('refuses an image of another size under the same key, shrunk or not', async () => {
  const { store: pictures } = store(1e6, { width: 10, height: 10 });
  await pictures.load('a', file(80, 60));
  expect(await codeOf(pictures.load('a', file(80, 61), 1))).toBe('bad-image');
  expect(wholeRect(pictures.sizeOf('a'))).toEqual({ x: 0, y: 0, width: 80, height: 60 });
});

it('keeps what was noted of a file, also where its pixels come again without', async () => {
  const { store: pictures } = store(1e6, undefined);
  const noted = (...notes: string[]): ReducedImage => ({ ...picture(80, 60), notes });
  await pictures.load('a', noted('cut off'));
  await pictures.load('a', picture(80, 60));
  expect([pictures.notesOf('a'), pictures.notesOf('b')]).toEqual([['cut off'], []]);
  await pictures.load('a', noted());
  expect(pictures.notesOf('a')).toEqual([]);
});

it('knows nothing once it is cleared', async () => {
  const { store: pictures, view } = store(0, undefined);
  await pictures.load('a', picture(80, 60));
  await pictures.load('b', picture(8, 6));
  pictures.forget('a');
  expect(pictures.pixelsFor('b', view(0, 0, 8, 6))).toMatchObject({ width: 8 });
  pictures.clear();
  expect(pictures).toMatchObject({ count: 0, bytes: 0 });
  expect(() => pictures.sizeOf('b')).toThrow("'b'");
});

it('refuses an image of another width or height by its key', async () => {
  const { store: pictures } = store(1e6, undefined);
  await pictures.load('a', picture(80, 60));
  for (const [width, height] of [
    [81, 60],
    [80, 61],
  ]) {
    expect(await codeOf(pictures.load('a', picture(width, height)))).toBe('bad-image');
  }
  expect(await codeOf(pictures.load('b', picture(1001, 1000)))).toBe('image-too-large');
  expect(await pictures.load('b', picture(1000, 1000))).toEqual({ width: 1000, height: 1000 });
});
