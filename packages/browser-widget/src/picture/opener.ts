import { ClickmaskError, type Segmenter, type SegmenterImage } from '@clickmask/core';
import { unexpected } from '@clickmask/core/errors';
import type { AnnotatorStore, ProgressInfo } from '../state/state.js';
import { type LoadPictureOptions, loadPicture, type Picture, type PictureSource } from './picture.js';

/** Makes an annotator's segmenter when it is first needed. */
export type SegmenterFactory = (report: (progress: ProgressInfo) => void) => Promise<Segmenter>;

/** An image, and the segmenter that has it open. */
export interface ReadyPicture {
  readonly segmenter: Segmenter;
  readonly image: SegmenterImage;
}

/** A loaded image. `image` is set once the segmenter has it open. */
export interface OpenPicture {
  readonly picture: Picture;
  readonly key: string | undefined;
  image: SegmenterImage | null;
}

export interface OpenerOptions {
  /** Receives the segmenter's information about itself. */
  readonly store: AnnotatorStore;
  readonly segmenter: Segmenter | SegmenterFactory;
  readonly limits: Pick<LoadPictureOptions, 'maxBytes' | 'maxPixels'>;
  readonly report: (progress: ProgressInfo) => void;
}

/** Loads images and opens them in the segmenter. The first image creates the segmenter. */
export interface Opener {
  /** Null before it is made and after it is closed. */
  readonly segmenter: Segmenter | null;
  make(): Promise<Segmenter>;
  load(source: PictureSource, key: string | undefined, signal?: AbortSignal): Promise<OpenPicture>;
  /** Opens the image in the segmenter and computes its features. */
  open(opened: OpenPicture): Promise<ReadyPicture>;
  /** Closes the segmenter if it was made here. */
  destroy(): void;
}

export function createOpener({ store, segmenter: given, limits, report }: OpenerOptions): Opener {
  let making: Promise<Segmenter> | null = null;
  let segmenter: Segmenter | null = null;
  let destroyed = false;
  const make = (): Promise<Segmenter> => {
    if (making === null) {
      making = makeSegmenter(given, report);
      making.then(
        (made) => {
          if (destroyed) return;
          segmenter = made;
          store.set({ segmenter: made.info });
        },
        () => {
          // The waiting caller reports the error. The next try starts again.
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

async function makeSegmenter(given: Segmenter | SegmenterFactory, report: OpenerOptions['report']): Promise<Segmenter> {
  const made = await (typeof given === 'function' ? given(report) : given);
  if (typeof made?.open === 'function') return made;
  throw unexpected('bad-option', 'segmenter', 'a segmenter, or a function that makes one', made);
}

async function openIn(segmenter: Segmenter, { picture, key }: OpenPicture): Promise<SegmenterImage> {
  const { width, height, source } = picture;
  const image = await segmenter.open(source, { ...(key === undefined ? {} : { key }), prepare: true });
  if (image.width === width && image.height === height) return image;
  await image.close();
  const message = `Expected the segmenter to see an image of ${width} x ${height} px, as shown here, but it saw ${image.width} x ${image.height}.`;
  throw new ClickmaskError('internal', message);
}

/** Frees an image here and in the segmenter. */
export function dispose({ picture, image }: OpenPicture): void {
  picture.dispose();
  // If the image cannot be closed, its segmenter is already gone with all its memory.
  image?.close().catch(() => {});
}
