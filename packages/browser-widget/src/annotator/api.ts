import type { Box, Click, ClickmaskError, Mask, MaskRuns, Provider, Segmenter, SegmentOptions } from '@clickmask/core';
import type { ImagePoint, Polygon, Rect } from '@clickmask/core/masks';
import type { Draft } from '../answers/answers.js';
import type { Preview } from '../answers/solver.js';
import type { Messages } from '../i18n/index.js';
import type { Command, Shortcuts } from '../input/shortcuts.js';
import type { LoadPictureOptions, PictureSource } from '../picture/picture.js';
import type { ResultFormat, ResultOf } from '../results/result.js';
import type { LabelMapValues } from '../results/results.js';
import type { AnnotationLog, ReplayReport } from '../value/annotation-log.js';
import type { AnnotatorValue, ChangeOrigin, ObjectClass } from '../value/value.js';
import type { AnnotatorSettings } from './settings.js';

/** What an annotator tells of loading. */
export interface ProgressInfo {
  readonly phase: 'model' | 'picture' | 'features';
  /** 0 to 1; null where the total is unknown. */
  readonly fraction: number | null;
  readonly loaded?: number;
  readonly total?: number | null;
}

/** A finished object, as {@link AnnotatorEvents.accept} hands it over. */
export interface AcceptedObject {
  readonly id: string;
  readonly classId: string | null;
  /** Cleaned as the settings say. */
  readonly runs: MaskRuns;
  readonly bbox: Rect | null;
  readonly clicks: readonly Click[];
  readonly score: number | null;
}

/** The events of an annotator and what they carry. */
export interface AnnotatorEvents {
  /** The value changed; in controlled mode: it is proposed, and holds once it is set. */
  readonly change: { readonly value: AnnotatorValue; readonly origin: ChangeOrigin };
  readonly accept: AcceptedObject;
  /** What a click under the pointer would give; null: nothing is previewed any more. */
  readonly preview: Preview | null;
  /** The mask of the network's first pass, shown until the answer comes. */
  readonly draft: Draft;
  readonly progress: ProgressInfo;
  readonly error: { readonly error: ClickmaskError };
  /** The model is loaded and the picture's features are at hand: clicks are answered at once. */
  readonly ready: { readonly model: string; readonly provider: Provider };
  /** The user, or the page, changed a setting. */
  readonly settings: { readonly settings: AnnotatorSettings };
}

/** Makes the segmenter of an annotator when it is first needed. */
export type SegmenterFactory = (report: (progress: ProgressInfo) => void) => Promise<Segmenter>;

export interface AnnotatorOptions {
  /** A segmenter to use, which stays the caller's to close; or how to make one, which the annotator closes. */
  readonly segmenter: Segmenter | SegmenterFactory;
  readonly classes?: readonly ObjectClass[];
  /** The class of new objects; default: none. */
  readonly classId?: string | null;
  readonly settings?: Partial<AnnotatorSettings>;
  /** Language tag; default: the page's, else the browser's. */
  readonly locale?: string;
  /** Texts that replace those of the catalogue. */
  readonly messages?: Partial<Messages>;
  /** Replaces all keys. */
  readonly shortcuts?: Shortcuts;
  /** What is asked of the segmenter besides the prompt. */
  readonly segmentOptions?: SegmentOptions;
  readonly limits?: Pick<LoadPictureOptions, 'maxBytes' | 'maxPixels'>;
  /** `plain`: the wheel zooms (default); `modifier`: only with Ctrl or ⌘, so that the page scrolls. */
  readonly wheel?: 'plain' | 'modifier';
  /** The right mouse button makes clicks with the other sign. Default false. */
  readonly rightClick?: boolean;
  /** The page holds the value: changes are proposed by events, and hold once the page sets them. Default false. */
  readonly controlled?: boolean;
  /** Nothing can be changed. Default false. */
  readonly readOnly?: boolean;
}

export interface Annotator {
  /**
   * Setting it replaces the value; undo then starts anew, except for a proposal of controlled mode. Set while a picture is
   * on its way, or before there is one, it is that picture's, and takes effect once it is shown.
   */
  value: AnnotatorValue;
  settings: AnnotatorSettings;
  classes: readonly ObjectClass[];
  classId: string | null;
  locale: string;
  messages: Partial<Messages>;
  shortcuts: Shortcuts;
  controlled: boolean;
  readOnly: boolean;
  wheel: 'plain' | 'modifier';
  rightClick: boolean;
  segmentOptions: SegmentOptions;
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
  exportLog(): AnnotationLog;
  /** Asks the segmenter once more for every answer of a log and compares the masks. */
  replayLog(log: AnnotationLog): Promise<ReplayReport>;
  /** Resolves when no click waits for its answer. */
  settled(): Promise<void>;
  on<K extends keyof AnnotatorEvents>(type: K, listener: (event: AnnotatorEvents[K]) => void): () => void;
  /** Where a point of the picture is in the window, in CSS px, as for other things to be placed beside it. */
  toPage(point: ImagePoint): { readonly x: number; readonly y: number };
  focus(): void;
  /** Takes the annotator off the page and frees everything. */
  destroy(): void;
}
