import type { MaskRuns } from '@clickmask/core';
import { parseColour } from './colours.js';
import { colourWord, type DirtyRect, paintRuns } from './paint-runs.js';
import type { Scene } from './scene.js';

/** Paints masks into a pixel buffer and copies only the changed part to a canvas. */
export interface MaskLayer {
  resize(width: number, height: number): void;
  /**
   * @param ratio - device px per CSS px
   * @param strong - stronger outlines for more contrast
   */
  paint(scene: Scene, ratio: number, strong: boolean): void;
  free(): void;
}

export function createMaskLayer(context: CanvasRenderingContext2D): MaskLayer {
  let words = new Uint32Array(0);
  let image: ImageData | null = null;
  let dirty: DirtyRect | null = null;
  const wipe = (width: number) => {
    if (dirty === null) return;
    for (let y = dirty.top; y < dirty.bottom; y++) words.fill(0, y * width + dirty.left, y * width + dirty.right);
    dirty = null;
  };
  return {
    resize(width, height) {
      words = new Uint32Array(width * height);
      image = new ImageData(new Uint8ClampedArray(words.buffer), width, height);
      dirty = null;
    },
    paint(scene, ratio, strong) {
      if (image === null) return;
      const { width, height } = image;
      wipe(width);
      const { scale, x, y } = scene.viewport;
      const transform = { scale: scale * ratio, x: x * ratio, y: y * ratio };
      for (const { runs, colour, opacity, line, dashed } of layersOf(scene, ratio, strong)) {
        const [red, green, blue] = parseColour(colour);
        const part = paintRuns({ width, height, words }, runs, transform, {
          fill: opacity === 0 ? 0 : colourWord(red, green, blue, opacity),
          outline: colourWord(red, green, blue, 1),
          casing: colourWord(0, 0, 0, strong ? 1 : 0.55),
          outlineWidth: line,
          dashed,
        });
        dirty = joinRects(dirty, part);
      }
      if (dirty === null) return;
      const { left, top, right, bottom } = dirty;
      context.putImageData(image, 0, 0, left, top, right - left, bottom - top);
    },
    free() {
      words = new Uint32Array(0);
      image = null;
    },
  };
}

interface Layer {
  readonly runs: MaskRuns;
  readonly colour: string;
  readonly opacity: number;
  /** Width of the outline, in device px. */
  readonly line: number;
  readonly dashed: boolean;
}

/** The painting order from back to front: other objects, the active one, the preview. */
function layersOf({ masks, preview, outlineOnly, opacity }: Scene, ratio: number, strong: boolean): readonly Layer[] {
  const line = Math.max(1, Math.round((strong ? 3 : 2) * ratio));
  const fill = outlineOnly ? 0 : opacity;
  const thin = Math.max(1, line >> 1);
  const others = masks.filter(({ active }) => !active);
  const actives = masks.filter(({ active }) => active);
  return [
    ...others.map(({ runs, colour }) => ({ runs, colour, opacity: fill * 0.75, line: thin, dashed: false })),
    ...actives.map(({ runs, colour }) => ({ runs, colour, opacity: fill, line, dashed: false })),
    // Over a mask, only the preview's outline shows the difference.
    ...(preview === null ? [] : [{ ...preview, opacity: actives.length > 0 ? 0 : fill * 0.5, line, dashed: true }]),
  ];
}

function joinRects(a: DirtyRect | null, b: DirtyRect | null): DirtyRect | null {
  if (a === null || b === null) return a ?? b;
  return {
    left: Math.min(a.left, b.left),
    top: Math.min(a.top, b.top),
    right: Math.max(a.right, b.right),
    bottom: Math.max(a.bottom, b.bottom),
  };
}
