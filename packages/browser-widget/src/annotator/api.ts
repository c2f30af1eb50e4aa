import type { Box, Click, ClickmaskError, Mask, MaskRuns, Provider, Segmenter } from '@clickmask/core';
import type { ImagePoint, Polygon } from '@clickmask/core/masks';
import type { ReplayReport, SessionLog, SessionValue } from '@clickmask/core/session';
import type { ChangeEvents } from '../annotation/annotation.js';
import type { Shelf } from '../annotation/shelf.js';
import type { AnswerEvents } from '../answers/answers.js';
import type { Command } from '../input/shortcuts.js';
import type { SegmenterFactory } from '../picture/opener.js';
import type { LoadPictureOptions, PictureSource } from '../picture/picture.js';
import type { ResultFormat, ResultOf } from '../results/result.js';
import type { LabelMapValues } from '../results/results.js';
import type { AnnotatorProperties } from '../state/properties.js';
import type { AnnotatorSettings } from '../state/settings.js';
import type { ProgressInfo } from '../state/state.js';
import type { SelectionEvents } from '../tools/selection.js';

/** The events of an annotator and their details. */
export interface AnnotatorEvents extends ChangeEvents, SelectionEvents, AnswerEvents {
  readonly progress: ProgressInfo;
  readonly error: { readonly error: ClickmaskError };
  /** The model is loaded and the image's features are computed: clicks are answered at once. */
  readonly ready: { readonly model: string; readonly provider: Provider };
  /** The user dropped or pasted an image. It loads now. */
  readonly picture: { readonly source: File };
  /** The user or the page changed a setting. */
  readonly settings: { readonly settings: AnnotatorSettings };
}

export interface AnnotatorOptions extends Partial<AnnotatorProperties> {
  /** A segmenter (the caller closes it), or a function that makes one (the annotator closes it). */
  readonly segmenter: Segmenter | SegmenterFactory;
  readonly settings?: Partial<AnnotatorSettings>;
  readonly limits?: Pick<LoadPictureOptions, 'maxBytes' | 'maxPixels'>;
  /** Keeps the objects of each image for its return. Default: one per annotator. */
  readonly shelf?: Shelf;
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** Properties take effect at once. Their values are copied. */
export interface Annotator extends Writable<AnnotatorProperties> {
  /**
   * A new value replaces the old one and clears undo, unless it accepts a proposal in controlled mode. A value that is
   * set before an image is shown belongs to that image. Reading gives a copy. Values are compared by content: setting
   * the present value again changes nothing.
   */
  value: SessionValue;
  settings: AnnotatorSettings;
  /** The size of the image; null without an image. */
  readonly pictureSize: { readonly width: number; readonly height: number } | null;
  /** Whether the requested image is not shown yet. */
  readonly awaitsPicture: boolean;
  /** Where the network runs; null until the model is loaded. */
  readonly provider: Provider | null;
  /** Whether clicks are answered at once. */
  readonly ready: boolean;
  /**
   * Shows an image and prepares it for clicks. Resolves once it is shown. `ready` tells when clicks are fast.
   *
   * @throws ClickmaskError `bad-image`, `unsupported-image`, `image-too-large`, `aborted` if a newer call replaced it
   */
  load(source: PictureSource, options?: { readonly key?: string }): Promise<void>;
  /** Loads an image and computes its features in the background, for a later {@link load}. */
  prefetch(source: PictureSource, options?: { readonly key?: string }): Promise<void>;
  /** Runs a command, as its key or button does. */
  command(command: Command): void;
  addClick(click: Click): void;
  moveClick(index: number, to: ImagePoint): void;
  removeClick(index: number): void;
  setBox(box: Box | null): void;
  /** Paints or erases along a line, in image px. */
  stroke(points: readonly ImagePoint[], radius: number, mode: 'paint' | 'erase'): void;
  /**
   * Adds an object with a mask or polygons and makes it active. Returns its id, or null if nothing can be changed.
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
  /** Marks the present value as saved (see `warnBeforeLeaving`). */
  markSaved(): void;
  /** The mask of an object (default: the active one, else the last) in a format; null without a mask. */
  getResult<F extends ResultFormat>(format: F, id?: string): ResultOf<F> | null;
  /**
   * All objects in one PNG, 8-bit grey. 0 is the background. Other values, from 1 on, are the object's position in the
   * value, or the position of its class in {@link classes}. Later objects are on top. With `class`, objects without a
   * class are left out. Null without an image.
   *
   * @throws ClickmaskError `bad-format` for more than 255 objects or classes
   */
  getLabelMap(values?: LabelMapValues): Promise<Blob> | null;
  /** Every image that was annotated here and is still kept, by address, file or key, with its value. */
  getPictures(): readonly { readonly name: string; readonly value: SessionValue }[];
  /** The cleaned mask, as shown; null without one. */
  getRuns(id?: string): MaskRuns | null;
  exportLog(): SessionLog;
  /**
   * Computes every mask of a log again and compares it with the logged one.
   *
   * @throws ClickmaskError `bad-format` if it is not a log, `bad-image` if it is of another image
   */
  replayLog(log: unknown): Promise<ReplayReport>;
  /** Resolves when no click is waiting for its answer. */
  settled(): Promise<void>;
  on<K extends keyof AnnotatorEvents>(type: K, listener: (event: AnnotatorEvents[K]) => void): () => void;
  /** The position of an image point in the window, in CSS px. Use it to place other elements. */
  toPage(point: ImagePoint): { readonly x: number; readonly y: number };
  focus(): void;
  /** Removes the annotator from the page and frees all its memory. */
  destroy(): void;
}
