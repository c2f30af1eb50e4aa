import { ClickmaskError } from '@clickmask/core';
import { asClickmaskError, resolveAddress } from '../errors.js';
import { createAhead } from './ahead.js';
import { createOpener, dispose, type OpenerOptions, type OpenPicture, type ReadyPicture } from './opener.js';
import type { Picture, PictureSource } from './picture.js';

/** Stores the shown image and the progress of loading here. */
export interface PicturesOptions extends OpenerOptions {
  /** An image was requested. The present one stays until the new one is there. */
  readonly onLoading: (how: { readonly isAnother: boolean }) => void;
  /** What an earlier visit kept of an image. Called before the image is shown. */
  readonly recall: (name: string | object) => Promise<unknown>;
  /** @param name - identifies the image: its key, its address, or the object itself */
  readonly onShown: (picture: Picture, name: string | object, kept: unknown) => void;
  /** The features are computed: clicks are answered at once. */
  readonly onReady: (ready: ReadyPicture) => void;
  readonly onError: (error: ClickmaskError) => void;
}

/** The images of an annotator: the one shown, the one loading, the one ahead, and the segmenter that has them open. */
export interface Pictures {
  /** The target of clicks; null while the image is not open in a segmenter. */
  readonly target: ReadyPicture | null;
  /** Whether the image requested last is not the one shown, because it is loading or failed. */
  readonly awaited: boolean;
  load(source: PictureSource, key: string | undefined): Promise<void>;
  prefetch(source: PictureSource, key: string | undefined): Promise<void>;
  /** Retries the last load after an error. */
  retry(): void;
  destroy(): void;
}

export function createPictures(options: PicturesOptions): Pictures {
  const { store, report } = options;
  const opener = createOpener(options);
  const ahead = createAhead(opener);
  let shown: OpenPicture | null = null;
  let loading: AbortController | null = null;
  let last: { readonly source: PictureSource; readonly key: string | undefined } | null = null;
  let awaited = false;
  /** The image whose features are being computed. */
  let preparing: OpenPicture | null = null;
  let destroyed = false;

  const makeReady = async (opened: OpenPicture): Promise<void> => {
    preparing = opened;
    try {
      if (opened.image === null) report({ phase: 'features', fraction: null });
      const target = await opener.open(opened);
      if (shown !== opened || destroyed) return dispose(opened);
      store.set({ ready: true });
      options.onReady(target);
    } catch (error) {
      if (shown === opened && !destroyed) options.onError(asClickmaskError(error));
    } finally {
      if (preparing === opened) preparing = null;
    }
  };
  const show = (opened: OpenPicture, name: string | object, kept: unknown) => {
    if (shown !== null) dispose(shown);
    shown = opened;
    loading = null;
    awaited = false;
    store.batch(() => {
      store.set({ picture: opened.picture, loading: false, ready: false }); // The one before may be ready by now.
      options.onShown(opened.picture, name, kept);
    });
    void makeReady(opened);
  };
  /** A new image was requested. Returns the function that ends its loading. */
  const begin = (source: PictureSource, key: string | undefined): AbortController => {
    loading?.abort();
    const mine = new AbortController();
    loading = mine;
    const isAnother = last !== null && (last.source !== source || last.key !== key);
    last = { source, key };
    awaited = true;
    store.set({ ready: false, loading: true });
    options.onLoading({ isAnother });
    // The model loads at the same time as the image. A failure is reported once the image needs the model.
    opener.make().catch(() => {});
    return mine;
  };
  const load: Pictures['load'] = async (source, key) => {
    if (destroyed) throw new ClickmaskError('closed', 'The annotator was destroyed.');
    const mine = begin(source, key);
    let name: string | object;
    let opened: OpenPicture;
    let kept: unknown;
    try {
      name = nameOf(source);
      opened = await (ahead.take(name) ?? opener.load(source, key, mine.signal));
      kept = await options.recall(key ?? name);
    } catch (error) {
      if (loading !== mine || destroyed) throw replaced();
      loading = null;
      store.set({ loading: false, ready: shown !== null && shown.image !== null });
      options.onError(asClickmaskError(error));
      throw error;
    }
    if (loading === mine && !destroyed) return show(opened, key ?? name, kept);
    dispose(opened);
    throw replaced();
  };

  return {
    get target() {
      const { segmenter } = opener;
      return segmenter === null || shown === null || shown.image === null ? null : { segmenter, image: shown.image };
    },
    get awaited() {
      return awaited;
    },
    load,
    async prefetch(source, key) {
      if (!destroyed) await ahead.prefetch(nameOf(source), source, key);
    },
    retry() {
      if (last === null || loading !== null) return;
      if (awaited) load(last.source, last.key).catch(() => {});
      else if (shown !== null && shown.image === null && preparing !== shown) void makeReady(shown);
    },
    destroy() {
      destroyed = true;
      loading?.abort();
      if (shown !== null) dispose(shown);
      shown = null;
      ahead.clear();
      opener.destroy();
    },
  };
}

/** The same address or file always gives the same name. Anything else is its own name. */
function nameOf(source: PictureSource): string | object {
  if (source instanceof File) return `file:${source.name}:${source.size}:${source.lastModified}`;
  if (typeof source !== 'string' && !(source instanceof URL)) return source;
  return resolveAddress('bad-image', 'the image', source).href;
}

function replaced(): ClickmaskError {
  return new ClickmaskError(
    'aborted',
    'Another image was loaded, or the annotator destroyed, before this one was shown.',
  );
}
