import { ClickmaskError, type Segmenter, type SegmenterImage } from '@clickmask/core';
import type { AnnotatorStore, ProgressInfo } from '../state/state.js';
import { type LoadPictureOptions, loadPicture, type Picture, type PictureSource } from './picture.js';

/** Makes the segmenter of an annotator when it is first needed. */
export type SegmenterFactory = (report: (progress: ProgressInfo) => void) => Promise<Segmenter>;

/** An image and the segmenter that knows it. */
export interface ReadyPicture {
  readonly segmenter: Segmenter;
  readonly image: SegmenterImage;
}

/** An image that was loaded; the segmenter's own of it once it is open there. */
export interface OpenPicture {
  readonly picture: Picture;
  readonly key: string | undefined;
  image: SegmenterImage | null;
}

export interface OpenerOptions {
  /** Where what the segmenter says of itself is put down. */
  readonly store: AnnotatorStore;
  readonly segmenter: Segmenter | SegmenterFactory;
  readonly limits: Pick<LoadPictureOptions, 'maxBytes' | 'maxPixels'>;
  readonly report: (progress: ProgressInfo) => void;
}

/** Loads images and opens them in the segmenter, which is made when the first is. */
export interface Opener {
  /** Null until it was made, and after the end. */
  readonly segmenter: Segmenter | null;
  make(): Promise<Segmenter>;
  load(source: PictureSource, key: string | undefined, signal?: AbortSignal): Promise<OpenPicture>;
  /** Opens the image in the segmenter and computes its features. */
  open(opened: OpenPicture): Promise<ReadyPicture>;
  /** Closes the segmenter, where it was made here. */
  destroy(): void;
}

export function createOpener({ store, segmenter: given, limits, report }: OpenerOptions): Opener {
  let making: Promise<Segmenter> | null = null;
  let segmenter: Segmenter | null = null;
  let destroyed = false;
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
  return {
    get segmenter() {
      return segmenter;
    },
    make,
    async load(source, key, signal) {
      const onProgress = (loaded: number, total: number | null) =>
        report({ phase: 'picture', fraction: total === null ? null : Math.min(1, loaded / total), loaded, total });
      return { picture: await loadPicture(source, { ...limits, signal, onProgress }), key, image: null };
    },
    async open(opened) {
      const made = await make();
      opened.image ??= await openIn(made, opened);
      return { segmenter: made, image: opened.image };
    },
    destroy() {
      destroyed = true;
      segmenter = null;
      if (typeof given === 'function') making?.then((made) => made.close()).catch(() => {});
    },
  };
}

async function openIn(segmenter: Segmenter, { picture, key }: OpenPicture): Promise<SegmenterImage> {
  const { width, height, source } = picture;
  const image = await segmenter.open(source, { ...(key === undefined ? {} : { key }), prepare: true });
  if (image.width === width && image.height === height) return image;
  await image.close();
  const message = `Expected the segmenter to see an image of ${width} x ${height} px, as shown here, but it saw ${image.width} x ${image.height}.`;
  throw new ClickmaskError('internal', message);
}

/** Frees an image, here and in the segmenter. */
export function dispose({ picture, image }: OpenPicture): void {
  picture.dispose();
  // An image that cannot be closed any more belongs to a segmenter that is gone with all it held.
  image?.close().catch(() => {});
}
