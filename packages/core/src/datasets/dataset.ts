import type { Size } from '../geometry/index.js';
import type { MaskRuns } from '../mask/index.js';
import type { Note } from './notes.js';

/** An object that somebody marked on an image. */
export interface LabeledObject {
  /** Its mask, of the image's size. */
  readonly runs: MaskRuns;
  /** Name of its class. */
  readonly className: string;
  /** What tells it from the others on its image. */
  readonly id?: string;
  /** How sure a model was of it, 0 to 1. */
  readonly score?: number;
  /** Stands for several that were not told apart (`iscrowd` of COCO). */
  readonly isCrowd?: boolean;
}

/** An image with its objects, in the order in which they lie on each other: the last is on top. */
export interface LabeledPicture extends Size {
  /** File name of the image, with `/` between folders. */
  readonly name: string;
  readonly objects: readonly LabeledObject[];
}

/** A file of a data set. */
export interface DatasetFile {
  /** Relative to the data set's folder, with `/`, and never outside it. */
  readonly path: string;
  readonly content: string | Uint8Array<ArrayBuffer>;
}

/** Where the files of a data set are read from; paths are relative to its folder, with `/`. */
export interface DatasetSource {
  /** Every file, folders left out, in order. */
  list(): Promise<readonly string[]>;
  read(path: string): Promise<Uint8Array>;
}

/** What is known of an image beside its annotations. */
export interface KnownPicture extends Size {
  readonly name: string;
}

/** Options of {@link DatasetFormat.write}. */
export interface DatasetWriteOptions {
  /** Names of the classes, in the order of their numbers; those that are missing are added as they come. */
  readonly classes?: readonly string[];
  /**
   * Detail of outlines, 0 (coarse) to 1 (every corner, exact).
   *
   * @defaultValue 1
   */
  readonly detail?: number;
  /** Is told what the format cannot hold. */
  readonly onNote?: (note: Note) => void;
}

/** Options of {@link DatasetFormat.read}. */
export interface DatasetReadOptions {
  /** Names of the classes, for formats that only hold their numbers. */
  readonly classes?: readonly string[];
  /**
   * Finds an image by its name, with or without its ending. Needed by formats that do not hold its size; null where there
   * is none.
   */
  readonly findPicture?: (name: string) => Promise<KnownPicture | null>;
  /**
   * Largest number of pixels accepted in an image.
   *
   * @defaultValue 2^28
   */
  readonly maxPixels?: number;
  /** Is told what was left out. */
  readonly onNote?: (note: Note) => void;
}

/** What {@link DatasetFormat.recognises} looks at. */
export interface DatasetSample {
  readonly paths: readonly string[];
  /** The one JSON file, or the first of several; undefined where there is none. */
  readonly json: unknown;
}

/** One way to lay down images with their objects in files. All formats are stateless and frozen. */
export interface DatasetFormat {
  /** For registries and the command line: lower case, hyphens. */
  readonly name: string;
  /** One line for people: who reads it. */
  readonly summary: string;
  /** What comes back after writing and reading, and what does not; one line for people. */
  readonly keeps: string;
  /**
   * Writes images as they come. Files that hold all of them come last.
   *
   * @throws ClickmaskError `bad-option`, `bad-mask`
   */
  write(
    pictures: Iterable<LabeledPicture> | AsyncIterable<LabeledPicture>,
    options?: DatasetWriteOptions,
  ): AsyncIterable<DatasetFile>;
  /**
   * Reads images one by one from files that may come from anywhere.
   *
   * @throws ClickmaskError `bad-format` where a file is not of the format, `bad-option` where an image's size is needed and
   * not to be found
   */
  read(source: DatasetSource, options?: DatasetReadOptions): AsyncIterable<LabeledPicture>;
  /** Names of the classes in the order of their numbers, of formats whose files list them; classes without an object too. */
  readClasses?(source: DatasetSource): Promise<readonly string[]>;
  /** Whether files look like this format. */
  recognises(sample: DatasetSample): boolean;
}
