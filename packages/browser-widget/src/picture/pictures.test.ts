import type { Segmenter, SegmenterImage } from '@clickmask/core';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createState } from '../state/state.js';
import { createPictures } from './pictures.js';

/** Bytes that make an image as wide as the first says; 0: the browser cannot read them. */
const bytes = (width: number) => Uint8Array.of(width);
const turn = () => new Promise<void>((resolve) => setTimeout(resolve));

function gate() {
  let open = () => {};
  const passed = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { passed, open };
}

function setUp() {
  const told: string[] = [];
  const opened: { readonly width: number; readonly key: string | undefined }[] = [];
  const state = { unreadable: false, failing: false, gates: [] as Promise<void>[] };
  vi.stubGlobal('createImageBitmap', async (blob: Blob) => {
    const [width] = new Uint8Array(await blob.arrayBuffer());
    if (state.unreadable) throw new Error('unreadable');
    return { width, height: 1, close() {} };
  });
  const segmenter = {
    async open([width]: Uint8Array, { key }: { key?: string }) {
      if (state.failing) throw new Error('no');
      await state.gates.shift();
      opened.push({ width, key });
      return { width, height: 1, close: async () => {} } as unknown as SegmenterImage;
    },
  } as unknown as Segmenter;
  const store = createState({ locale: 'en' });
  const pictures = createPictures({
    store,
    segmenter,
    limits: {},
    report() {},
    recall: async () => null,
    onLoading: ({ isAnother }) => told.push(isAnother ? 'loading another' : 'loading'),
    onShown: ({ width }, name) => told.push(`shown ${width} ${String(name)}`),
    onReady: ({ image }) => told.push(`ready ${image.width}`),
    onError: ({ code }) => told.push(code),
  });
  return { pictures, store, opened, state, take: () => told.splice(0) };
}

describe('pictures', () => {
  beforeEach(() => vi.stubGlobal('HTMLImageElement', class {}));
  afterEach(() => vi.unstubAllGlobals());

  test('what is no address is told as an image that cannot be had, and what is shown stays', async () => {
    vi.stubGlobal('document', { baseURI: 'https://page.test/' });
    const { pictures, store, take } = setUp();
    await pictures.load(bytes(3), 'first');
    await turn();
    await expect(pictures.load('//', undefined)).rejects.toThrow(/an address/);
    expect(take()).toEqual(['loading', 'shown 3 first', 'ready 3', 'loading another', 'bad-image']);
    expect([store.now.picture?.width, store.now.loading, store.now.ready]).toEqual([3, false, true]);
    await expect(pictures.prefetch('https://[', undefined)).rejects.toThrow(/an address/);
  });

  test('trying again after a swap that failed loads the image that was asked for, with its key', async () => {
    const { pictures, store, opened, state, take } = setUp();
    await pictures.load(bytes(3), 'first');
    await turn();
    state.unreadable = true;
    await expect(pictures.load(bytes(5), 'second')).rejects.toThrow();
    expect([store.now.picture?.width, store.now.loading, pictures.awaited, store.now.ready]).toEqual([
      3,
      false,
      true,
      true,
    ]);
    expect(take()).toEqual(['loading', 'shown 3 first', 'ready 3', 'loading another', 'unsupported-image']);
    state.unreadable = false;
    pictures.retry();
    expect(store.now.loading).toBe(true);
    await vi.waitUntil(() => store.now.ready);
    expect(take()).toEqual(['loading', 'shown 5 second', 'ready 5']);
    expect(opened).toEqual([
      { width: 3, key: 'first' },
      { width: 5, key: 'second' },
    ]);
    expect(pictures.awaited).toBe(false);
  });

  test('an image that becomes ready while another loads does not make that one ready', async () => {
    const { pictures, store, state } = setUp();
    const [first, second] = [gate(), gate()];
    state.gates = [first.passed, second.passed];
    await pictures.load(bytes(3), 'first');
    const other = pictures.load(bytes(5), 'second');
    first.open();
    await other;
    await turn();
    expect([store.now.picture?.width, store.now.ready]).toEqual([5, false]);
    const told: boolean[] = [];
    store.subscribe((changed) => changed.has('ready') && told.push(store.now.ready));
    second.open();
    await turn();
    expect(told).toEqual([true]);
  });

  test('trying again after the segmenter refused an image opens it under its own key', async () => {
    const { pictures, opened, state, take } = setUp();
    state.failing = true;
    await pictures.load(bytes(3), 'first');
    await turn();
    expect(take()).toEqual(['loading', 'shown 3 first', 'internal']);
    state.failing = false;
    pictures.retry();
    pictures.retry();
    await turn();
    expect(take()).toEqual(['ready 3']);
    expect(opened).toEqual([{ width: 3, key: 'first' }]);
  });
});
