/** What a format may lose when writing or reading. */
export type NoteCode = keyof typeof noteTexts;

/** A loss in a format. */
export interface Note {
  readonly code: NoteCode;
  /** Name of the image concerned. */
  readonly picture: string;
  /** Number of pixels concerned, if known. */
  readonly pixels?: number;
}

/**
 * Texts of the notes' codes.
 *
 * @example
 * ```ts
 * import { noteTexts } from '@clickmask/core/datasets';
 *
 * console.log(noteTexts['scores-lost']); // scores are not kept
 * ```
 */
export const noteTexts = Object.freeze({
  'classes-lost': 'classes are not kept',
  'classes-guessed': 'classes have no names in the files, they are called by their numbers',
  'class-unknown': 'objects were left out, their class is not in the list',
  'crowds-lost': 'groups (crowds) are kept as single objects',
  'holes-bridged': 'holes are connected to the outline by a line that runs there and back',
  'ids-lost': 'names of objects are not kept',
  'instances-merged': 'objects of the same class are one',
  'no-outline': 'shapes without an area (points, lines) were left out',
  'outline-simplified': 'outlines have fewer corners than the mask',
  'overlap-lost': 'pixels that belong to several objects are kept for the one on top',
  'parts-joined': 'objects in several parts are joined by thin lines',
  'parts-split': 'objects in several parts are several objects',
  'picture-unknown': 'annotations were left out, their image is not listed',
  'scores-lost': 'scores are not kept',
  'empty-left-out': 'objects without a pixel were left out',
} as const);
