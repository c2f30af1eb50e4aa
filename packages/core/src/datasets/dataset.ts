import type { Size } from '../geometry/index.js';
import type { MaskRuns } from '../mask/index.js';
import type { Note } from './notes.js';

/** An annotated object of an image. */
export interface LabeledObject {
  /** Its mask, in the image's size. */
  readonly runs: MaskRuns;
  /** Name of its class. */
  readonly className: string;
  /** Distinguishes it from the image's other objects. */
  readonly id?: string;
  /** The model's confidence, 0 to 1. */
  readonly score?: number;
  /** It stands for several objects that were not separated (COCO's `iscrowd`). */
  readonly isCrowd?: boolean;
}

/** An image with its objects, ordered from bottom to top. */
export interface LabeledPicture extends Size {
  /** File name of the image, with `/` between folders. */
  readonly name: string;
  readonly objects: readonly LabeledObject[];
}

/** A file of a data set. */
export interface DatasetFile {
  /** Relative to the data set's folder, with `/`, and never outside the folder. */
  readonly path: string;
  readonly content: string | Uint8Array<ArrayBuffer>;
}

/** Where a data set's files are read from. Paths are relative to its folder, with `/`. */
export interface DatasetSource {
  /** All files, without folders, in order. */
  list(): Promise<readonly string[]>;
  read(path: string): Promise<Uint8Array>;
}

/** What is known of an image besides its annotations. */
export interface KnownPicture extends Size {
  readonly name: string;
}

/** Options of {@link DatasetFormat.write}. */
export interface DatasetWriteOptions {
  /** Class names, in the order of their numbers. Missing ones are added as they appear. */
  readonly classes?: readonly string[];
  /**
   * Detail of outlines, 0 (coarse) to 1 (every corner, exact).
   *
   * @defaultValue 1
   */
  readonly detail?: number;
  /** Called with a note about each thing that the format cannot hold. */
  readonly onNote?: (note: Note) => void;
}

/** Options of {@link DatasetFormat.read}. */
export interface DatasetReadOptions {
  /** Class names, for formats that contain only class numbers. */
  readonly classes?: readonly string[];
  /**
   * Finds an image by name, with or without extension. Needed by formats that do not contain the image's size. Null if
   * there is none.
   */
  readonly findPicture?: (name: string) => Promise<KnownPicture | null>;
  /**
   * Largest number of pixels accepted in an image.
   *
   * @defaultValue 2^28
   */
  readonly maxPixels?: number;
  /** Called with a note about each thing that was left out. */
  readonly onNote?: (note: Note) => void;
}

/** The input of {@link DatasetFormat.recognises}. */
export interface DatasetSample {
  readonly paths: readonly string[];
  /** The only JSON file, or the first of several; undefined if there is none. */
  readonly json: unknown;
}

/** A file format for images with their objects. All formats are stateless and frozen. */
export interface DatasetFormat {
  /** For registries and the command line: lower case, with hyphens. */
  readonly name: string;
  /** One line for people: the tools that read it. */
  readonly summary: string;
  /** What survives writing and reading and what does not; one line for people. */
  readonly keeps: string;
  /**
   * Writes images as they come. Files that cover all images come last.
   *
   * @throws ClickmaskError `bad-option`, `bad-mask`
   */
  write(
    pictures: Iterable<LabeledPicture> | AsyncIterable<LabeledPicture>,
    options?: DatasetWriteOptions,
  ): AsyncIterable<DatasetFile>;
  /**
   * Reads images one by one from untrusted files.
   *
   * @throws ClickmaskError `bad-format` if a file does not have the format; `bad-option` if an image's size is needed
   * and cannot be found
   */
  read(source: DatasetSource, options?: DatasetReadOptions): AsyncIterable<LabeledPicture>;
  /**
   * Class names in the order of their numbers, for formats whose files list them, including classes without objects.
   */
  readClasses?(source: DatasetSource): Promise<readonly string[]>;
  /** Whether files look like this format. */
  recognises(sample: DatasetSample): boolean;
}
