import type { Box } from '@clickmask/core';
import type { ImagePoint } from '@clickmask/core/masks';
import type { Edit } from '@clickmask/core/session';

/** A text in each language of the widget. */
export interface Titles {
  readonly en: string;
  readonly de: string;
  readonly fr: string;
  readonly zh: string;
  readonly ja: string;
  readonly ar: string;
}

/** What was drawn with a tool, in image px. */
export interface Drawn {
  readonly start: ImagePoint;
  /** Where it ended. */
  readonly to: ImagePoint;
  /** Of a line: all its points, one at least. */
  readonly points: readonly ImagePoint[];
  /** Of a line: half its width. */
  readonly radius: number;
}

/** Changes that tools make; a tool of another kind brings its own. */
export interface Makers {
  box(box: Box): Edit;
  /** Paints or erases along a line with a round brush. */
  stroke(points: readonly ImagePoint[], radius: number, mode: 'paint' | 'erase'): Edit;
}

/** A tool with a button: all that is known of it, but what `registry.ts` says by its place there. */
export interface ToolKind {
  readonly name: string;
  /** The key that chooses it, as `Shortcuts` names keys. */
  readonly key: string;
  /** Its drawing: an SVG path of 24 × 24, in strokes of the text's colour. */
  readonly icon: `M${string}`;
  readonly titles: Titles;
  /** What a press on the image begins: a box or a line to be drawn, or `pan`, which moves the image. */
  readonly press: 'box' | 'line' | 'pan';
  /** Of a line: how the brush is shown, and what its line does to the object. */
  readonly brush?: 'paint' | 'erase';
  /** The tool that the eraser's end of a pen, or Shift with a key press, turns this one into. */
  readonly opposite?: string;
  /** Whether clicks come next, and not another of it. */
  readonly once?: boolean;
  /** The change that what was drawn means; null: none. */
  edit?(drawn: Drawn, make: Makers): Edit | null;
}
