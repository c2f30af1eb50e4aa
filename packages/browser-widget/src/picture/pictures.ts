import { ClickmaskError, type Segmenter, type SegmenterImage } from '@clickmask/core';
import { asClickmaskError } from '../errors.js';
import type { AnnotatorStore, ProgressInfo } from '../state/state.js';
import { type LoadPictureOptions, loadPicture, type Picture, type PictureSource } from './picture.js';

/** A picture and the segmenter that knows it. */
export interface ReadyPicture {
  readonly segmenter: Segmenter;
  readonly image: SegmenterImage;
}

/** Makes the segmenter of an annotator when it is first needed. */
export type SegmenterFactory = (report: (progress: ProgressInfo) => void) => Promise<Segmenter>;

export interface PicturesOptions {
  /** Where the picture that is shown, and how far it is, is put down. */
  readonly store: AnnotatorStore;
  readonly segmenter: Segmenter | SegmenterFactory;
  readonly limits: Pick<LoadPictureOptions, 'maxBytes' | 'maxPixels'>;
  readonly report: (progress: ProgressInfo) => void;
  /** A picture is asked for; the one shown stays until the new one is there. */
  readonly onLoading: (how: { readonly isAnother: boolean }) => void;
  /** What was kept of a picture on an earlier visit; asked for before it is shown. */
  readonly recall: (name: string | object) => Promise<unknown>;
  /** @param name - the same for the same picture: its key, its address, or the thing itself */
  readonly onShown: (picture: Picture, name: string | object, kept: unknown) => void;
  /** The features are there: clicks are answered at once. */
  readonly onReady: (ready: ReadyPicture) => void;
  readonly onError: (error: ClickmaskError) => void;
}

/** The pictures of an annotator: the one shown, the one being loaded, the one ahead; and the segmenter they are opened in. */
export interface Pictures {
  /** What clicks can be sent to; null while the picture is not open in a segmenter. */
  readonly target: ReadyPicture | null;
  /** Whether the picture that was asked for last is not the one shown: it is on its way, or failed. */
  readonly awaited: boolean;
  load(source: PictureSource, key: string | undefined): Promise<void>;
  prefetch(source: PictureSource, key: string | undefined): Promise<void>;
  /** Goes on where an error ended the last load. */
  retry(): void;
  destroy(): void;
}

interface OpenPicture {
  readonly picture: Picture;
  readonly key: string | undefined;
  image: SegmenterImage | null;
}

export function createPictures(options: PicturesOptions): Pictures {
  const { store, segmenter: given, limits, report } = options;
  let making: Promise<Segmenter> | null = null;
  let segmenter: Segmenter | null = null;
  let shown: OpenPicture | null = null;
  let loading: AbortController | null = null;
  let last: { readonly source: PictureSource; readonly key: string | undefined } | null = null;
  let awaited = false;
  /** The one whose features are being computed. */
  let preparing: OpenPicture | null = null;
  let destroyed = false;
  const ahead = new Map<string | object, Promise<OpenPicture>>();

  const make = (): Promise<Segmenter> => {
    if (making === null) {
      making = typeof given === 'function' ? given(report) : Promise.resolve(given);
      making.then(
        (made) => {
          if (destroyed) return;
          segmenter = made;
          store.set({ segmenter: made.info });
        },
        () => {
          // Whoever waits for it reports the error; the next try starts anew.
          making = null;
        },
      );
    }
    return making;
  };
  const dispose = ({ picture, image }: OpenPicture) => {
    picture.dispose();
    // A picture that cannot be closed any more belongs to a segmenter that is gone with all it held.
    image?.close().catch(() => {});
  };
  const show = async (source: PictureSource, key: string | undefined, signal?: AbortSignal): Promise<OpenPicture> => {
    const onProgress = (loaded: number, total: number | null) =>
      report({ phase: 'picture', fraction: total === null ? null : Math.min(1, loaded / total), loaded, total });
    return { picture: await loadPicture(source, { ...limits, signal, onProgress }), key, image: null };
  };
  /** Opens the picture in the segmenter and computes its features. */
  const open = async (opened: OpenPicture): Promise<ReadyPicture> => {
    const made = await make();
    if (opened.image === null) {
      const { key } = opened;
      const { width, height, source } = opened.picture;
      const image = await made.open(source, { ...(key === undefined ? {} : { key }), prepare: true });
      if (image.width !== width || image.height !== height) {
        await image.close();
        const message = `Expected the segmenter to see a picture of ${width} x ${height} px, as shown here, but it saw ${image.width} x ${image.height}.`;
        throw new ClickmaskError('internal', message);
      }
      opened.image = image;
    }
    return { segmenter: made, image: opened.image };
  };
  const makeReady = async (opened: OpenPicture): Promise<void> => {
    preparing = opened;
    try {
      if (opened.image === null) report({ phase: 'features', fraction: null });
      const target = await open(opened);
      if (shown !== opened || destroyed) return dispose(opened);
      store.set({ ready: true });
      options.onReady(target);
    } catch (error) {
      if (shown === opened && !destroyed) options.onError(asClickmaskError(error));
    } finally {
      if (preparing === opened) preparing = null;
    }
  };

  const load: Pictures['load'] = async (source, key) => {
    if (destroyed) throw new ClickmaskError('closed', 'The annotator was destroyed.');
    loading?.abort();
    const mine = new AbortController();
    loading = mine;
    const isAnother = last !== null && (last.source !== source || last.key !== key);
    last = { source, key };
    awaited = true;
    store.set({ ready: false, loading: true });
    options.onLoading({ isAnother });
    // The model is fetched while the picture is; what fails is told once the picture needs it.
    make().catch(() => {});
    const name = nameOf(source);
    const prefetched = ahead.get(name);
    ahead.delete(name);
    let opened: OpenPicture;
    let kept: unknown;
    try {
      opened = await (prefetched ?? show(source, key, mine.signal));
      kept = await options.recall(key ?? name);
    } catch (error) {
      if (loading !== mine || destroyed) throw replaced();
      loading = null;
      store.set({ loading: false, ready: shown !== null && shown.image !== null });
      options.onError(asClickmaskError(error));
      throw error;
    }
    if (loading !== mine || destroyed) {
      dispose(opened);
      throw replaced();
    }
    if (shown !== null) dispose(shown);
    shown = opened;
    loading = null;
    awaited = false;
    store.batch(() => {
      store.set({ picture: opened.picture, loading: false });
      options.onShown(opened.picture, key ?? name, kept);
    });
    void makeReady(opened);
  };

  return {
    get target() {
      return segmenter === null || shown === null || shown.image === null ? null : { segmenter, image: shown.image };
    },
    get awaited() {
      return awaited;
    },
    load,
    async prefetch(source, key) {
      const name = nameOf(source);
      if (ahead.has(name) || destroyed) return;
      const opening = show(source, key).then(async (opened) => {
        await open(opened).catch((error: unknown) => {
          opened.picture.dispose();
          throw error;
        });
        return opened;
      });
      // One picture ahead at a time: more would push the present one out of the caches.
      for (const [other, promise] of ahead) {
        ahead.delete(other);
        promise.then(dispose, () => {});
      }
      ahead.set(name, opening);
      try {
        await opening;
      } catch (error) {
        ahead.delete(name);
        throw error;
      }
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
      for (const promise of ahead.values()) promise.then(dispose, () => {});
      ahead.clear();
      if (typeof given === 'function') making?.then((made) => made.close()).catch(() => {});
      segmenter = null;
    },
  };
}

/** The same picture named twice has the same name; what is neither an address nor a file is its own name. */
function nameOf(source: PictureSource): string | object {
  if (source instanceof File) return `file:${source.name}:${source.size}:${source.lastModified}`;
  return typeof source === 'string' || source instanceof URL ? new URL(source, document.baseURI).href : source;
}

function replaced(): ClickmaskError {
  return new ClickmaskError(
    'aborted',
    'Another picture was loaded, or the annotator destroyed, before this one was shown.',
  );
}
