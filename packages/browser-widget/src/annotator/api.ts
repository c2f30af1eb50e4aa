import type { Box, Click, ClickmaskError, Mask, MaskRuns, Provider, Segmenter } from '@clickmask/core';
import type { ImagePoint, Polygon } from '@clickmask/core/masks';
import type { ReplayReport, SessionLog, SessionValue } from '@clickmask/core/session';
import type { ChangeEvents } from '../annotation/annotation.js';
import type { Shelf } from '../annotation/shelf.js';
import type { AnswerEvents } from '../answers/answers.js';
import type { Command } from '../input/shortcuts.js';
import type { LoadPictureOptions, PictureSource } from '../picture/picture.js';
import type { SegmenterFactory } from '../picture/pictures.js';
import type { ResultFormat, ResultOf } from '../results/result.js';
import type { LabelMapValues } from '../results/results.js';
import type { AnnotatorProperties } from '../state/properties.js';
import type { AnnotatorSettings } from '../state/settings.js';
import type { ProgressInfo } from '../state/state.js';
import type { SelectionEvents } from '../tools/selection.js';

/** The events of an annotator and what they carry. */
export interface AnnotatorEvents extends ChangeEvents, SelectionEvents, AnswerEvents {
  readonly progress: ProgressInfo;
  readonly error: { readonly error: ClickmaskError };
  /** The model is loaded and the picture's features are at hand: clicks are answered at once. */
  readonly ready: { readonly model: string; readonly provider: Provider };
  /** The user dropped or pasted a picture, which is loaded now. */
  readonly picture: { readonly source: File };
  /** The user, or the page, changed a setting. */
  readonly settings: { readonly settings: AnnotatorSettings };
}

export interface AnnotatorOptions extends Partial<AnnotatorProperties> {
  /** A segmenter to use, which stays the caller's to close; or how to make one, which the annotator closes. */
  readonly segmenter: Segmenter | SegmenterFactory;
  readonly settings?: Partial<AnnotatorSettings>;
  readonly limits?: Pick<LoadPictureOptions, 'maxBytes' | 'maxPixels'>;
  /** Where what was done on each picture is kept, for when it comes back. Default: a place of its own. */
  readonly shelf?: Shelf;
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** Properties take effect at once; what they are set to is copied. */
export interface Annotator extends Writable<AnnotatorProperties> {
  /**
   * Setting it replaces the value; undo then starts anew, except for a proposal of controlled mode. Set while a picture is
   * on its way, or before there is one, it is that picture's, and takes effect once it is shown. What is read is a copy; what
   * is set counts by what it says, whoever copied or wrapped it: the present value, set again, changes nothing.
   */
  value: SessionValue;
  settings: AnnotatorSettings;
  /** The picture's size; null while none is loaded. */
  readonly pictureSize: { readonly width: number; readonly height: number } | null;
  /** Whether the picture that was asked for last is not shown, or not yet. */
  readonly awaitsPicture: boolean;
  /** Where the network runs; null until the model is loaded. */
  readonly provider: Provider | null;
  /** Whether clicks are answered at once. */
  readonly ready: boolean;
  /**
   * Shows a picture, and makes it ready for clicks. Resolves once it is shown; `ready` tells when clicks are fast.
   *
   * @throws ClickmaskError `bad-image`, `unsupported-image`, `image-too-large`, `aborted` where a newer call replaced it
   */
  load(source: PictureSource, options?: { readonly key?: string }): Promise<void>;
  /** Loads a picture and computes its features in the background, so that a later {@link load} finds them. */
  prefetch(source: PictureSource, options?: { readonly key?: string }): Promise<void>;
  /** Does what a key or button does. */
  command(command: Command): void;
  addClick(click: Click): void;
  moveClick(index: number, to: ImagePoint): void;
  removeClick(index: number): void;
  setBox(box: Box | null): void;
  /** Paints or erases along a line, in image px. */
  stroke(points: readonly ImagePoint[], radius: number, mode: 'paint' | 'erase'): void;
  /**
   * Adds an object that goes on from a mask or from polygons, and makes it the active one; gives its id, or null where
   * nothing can be changed.
   */
  addObject(
    from: Mask | MaskRuns | readonly Polygon[],
    options?: { readonly classId?: string | null; readonly accepted?: boolean },
  ): string | null;
  select(id: string | null): void;
  remove(id: string): void;
  setClass(id: string, classId: string | null): void;
  /** Marks the active object as done. */
  accept(): void;
  undo(): void;
  redo(): void;
  /** Says that what is there now is saved: leaving the page loses nothing (see `warnBeforeLeaving`). */
  markSaved(): void;
  /** The mask of an object (default: the active one, else the last) in a format; null where there is no mask. */
  getResult<F extends ResultFormat>(format: F, id?: string): ResultOf<F> | null;
  /**
   * All objects in one PNG, 8-bit grey: 0 is the background; otherwise the object's place in the value, or its class's
   * place in {@link classes}, from 1 on. Later objects are on top; with `class`, objects without a class are left out.
   * Null where there is no picture.
   *
   * @throws ClickmaskError `bad-format` for more than 255
   */
  getLabelMap(values?: LabelMapValues): Promise<Blob> | null;
  /** The mask as it is shown; null where there is none. */
  getRuns(id?: string): MaskRuns | null;
  exportLog(): SessionLog;
  /**
   * Asks the segmenter once more for every answer of a log and compares the masks.
   *
   * @throws ClickmaskError `bad-format` for what is not a log, `bad-image` for one of another picture
   */
  replayLog(log: unknown): Promise<ReplayReport>;
  /** Resolves when no click waits for its answer. */
  settled(): Promise<void>;
  on<K extends keyof AnnotatorEvents>(type: K, listener: (event: AnnotatorEvents[K]) => void): () => void;
  /** Where a point of the picture is in the window, in CSS px, as for other things to be placed beside it. */
  toPage(point: ImagePoint): { readonly x: number; readonly y: number };
  focus(): void;
  /** Takes the annotator off the page and frees everything. */
  destroy(): void;
}
