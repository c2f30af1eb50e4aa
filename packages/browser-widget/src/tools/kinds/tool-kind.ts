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
  /** The end point. */
  readonly to: ImagePoint;
  /** For a line: all its points, at least one. */
  readonly points: readonly ImagePoint[];
  /** For a line: half its width. */
  readonly radius: number;
}

/** The changes that tools make. A new kind of tool may add its own. */
export interface Makers {
  box(box: Box): Edit;
  /** Paints or erases along a line with a round brush; null beside the image. */
  stroke(points: readonly ImagePoint[], radius: number, mode: 'paint' | 'erase'): Edit | null;
}

/** A tool with a button. Its place in `registry.ts` gives the order. */
export interface ToolKind {
  readonly name: string;
  /** The key that selects it, in the form of `Shortcuts`. */
  readonly key: string;
  /** Its icon: an SVG path of 24 × 24, drawn as strokes in the text colour. */
  readonly icon: `M${string}`;
  readonly titles: Titles;
  /** What a press on the image starts: a box or a line, or `pan`, which moves the image. */
  readonly press: 'box' | 'line' | 'pan';
  /** For a line: how the brush is shown, and what the line does to the object. */
  readonly brush?: 'paint' | 'erase';
  /** The tool that a pen's eraser end, or Shift with a key press, switches to. */
  readonly opposite?: string;
  /** Whether clicking is selected after one use. */
  readonly once?: boolean;
  /** The change that a drawing makes; null if none. */
  edit?(drawn: Drawn, make: Makers): Edit | null;
}
