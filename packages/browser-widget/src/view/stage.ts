import type { Box, Click, MaskRuns, Size } from '@clickmask/core';
import type { ImagePoint } from '@clickmask/core/masks';
import type { Picture } from '../picture/picture.js';
import { parseColour } from './colours.js';
import { colourWord, type DirtyRect, paintRuns } from './paint-runs.js';
import { fitViewport, keepInSight, type StagePoint, toStage, type Viewport } from './viewport.js';

/** All that is to be seen on the stage. */
export interface Scene {
  readonly picture: Picture | null;
  readonly masks: readonly { readonly runs: MaskRuns; readonly colour: string; readonly active: boolean }[];
  readonly preview: { readonly runs: MaskRuns; readonly colour: string } | null;
  readonly clicks: readonly Click[];
  readonly selectedClick: number | null;
  readonly box: Box | null;
  /** Where the keyboard's crosshair is; null: not in use. */
  readonly crosshair: ImagePoint | null;
  /** The brush under the pointer. */
  readonly brush: { readonly at: StagePoint; readonly radius: number; readonly erases: boolean } | null;
  /** The stroke being drawn. */
  readonly stroke: { readonly points: readonly ImagePoint[]; readonly radius: number; readonly erases: boolean } | null;
  readonly colour: string;
  readonly outlineOnly: boolean;
  readonly opacity: number;
  readonly strongContrast: boolean;
}

/** Two canvases, the picture below and masks and marks above, and the viewport they share. */
export interface Stage {
  readonly element: HTMLElement;
  readonly viewport: Viewport;
  /** In CSS px. */
  readonly size: Size;
  setViewport(viewport: Viewport): void;
  fit(): void;
  /** Paints in the next frame. */
  invalidate(): void;
  destroy(): void;
}

/** @param look - what is to be seen, asked for once a frame */
export function createStage(element: HTMLElement, look: () => Scene): Stage {
  const pictureCanvas = document.createElement('canvas');
  const overlayCanvas = document.createElement('canvas');
  for (const canvas of [pictureCanvas, overlayCanvas]) {
    canvas.setAttribute('aria-hidden', 'true');
    element.append(canvas);
  }
  // Without alpha the browser need not blend the picture with what lies below.
  const pictureContext = pictureCanvas.getContext('2d');
  const overlayContext = overlayCanvas.getContext('2d');
  let viewport: Viewport = { scale: 1, x: 0, y: 0 };
  let size: Size = { width: 0, height: 0 };
  let ratio = 1;
  let fitted = true;
  let words = new Uint32Array(0);
  let image: ImageData | null = null;
  let dirty: DirtyRect | null = null;
  let frame = 0;
  let drawn: {
    readonly picture: Picture | null;
    readonly viewport: Viewport;
    readonly size: Size;
    readonly ratio: number;
  } | null = null;

  const measure = () => {
    const before = size;
    size = { width: element.clientWidth, height: element.clientHeight };
    ratio = Math.min(3, globalThis.devicePixelRatio || 1);
    const picture = look().picture;
    if (picture !== null && size.width > 0) {
      if (fitted || before.width === 0) viewport = fitViewport(picture, size);
      else viewport = keepInSight(viewport, picture, size);
    }
    invalidate();
  };
  const observer = new ResizeObserver(measure);
  observer.observe(element);
  // Moving to a screen of another density, or zooming the page, changes the ratio without a resize.
  let density: MediaQueryList | null = null;
  const onDensity = () => {
    density?.removeEventListener('change', onDensity);
    density = globalThis.matchMedia(`(resolution: ${globalThis.devicePixelRatio}dppx)`);
    density.addEventListener('change', onDensity);
    measure();
  };

  const resizeBuffers = () => {
    const width = Math.max(1, Math.round(size.width * ratio));
    const height = Math.max(1, Math.round(size.height * ratio));
    if (pictureCanvas.width === width && pictureCanvas.height === height && image !== null) return;
    for (const canvas of [pictureCanvas, overlayCanvas]) {
      canvas.width = width;
      canvas.height = height;
    }
    words = new Uint32Array(width * height);
    image = new ImageData(new Uint8ClampedArray(words.buffer), width, height);
    dirty = null;
    drawn = null;
  };

  const paintPicture = ({ picture }: Scene) => {
    const same =
      drawn !== null &&
      drawn.picture === picture &&
      drawn.viewport === viewport &&
      drawn.size === size &&
      drawn.ratio === ratio;
    if (same || pictureContext === null) return;
    drawn = { picture, viewport, size, ratio };
    pictureContext.clearRect(0, 0, pictureCanvas.width, pictureCanvas.height);
    if (picture === null) return;
    const scale = viewport.scale * ratio;
    let level = 0;
    while (level + 1 < picture.levels.length && 0.5 ** (level + 1) >= scale) level++;
    // Large steps show the pixels as they are: that is what is being annotated.
    pictureContext.imageSmoothingEnabled = scale < 3;
    pictureContext.imageSmoothingQuality = 'medium';
    pictureContext.drawImage(
      picture.levels[level],
      viewport.x * ratio,
      viewport.y * ratio,
      picture.width * scale,
      picture.height * scale,
    );
  };

  const paintMasks = (scene: Scene) => {
    if (overlayContext === null || image === null) return;
    const { width } = image;
    overlayContext.clearRect(0, 0, overlayCanvas.width, overlayCanvas.height);
    if (dirty !== null) {
      for (let y = dirty.top; y < dirty.bottom; y++) words.fill(0, y * width + dirty.left, y * width + dirty.right);
    }
    const transform = { scale: viewport.scale * ratio, x: viewport.x * ratio, y: viewport.y * ratio };
    const buffer = { width, height: image.height, words };
    const line = Math.max(1, Math.round((scene.strongContrast ? 3 : 2) * ratio));
    let touched: DirtyRect | null = null;
    const paint = (runs: MaskRuns, colour: string, opacity: number, outlineWidth: number, dashed: boolean) => {
      const [red, green, blue] = parseColour(colour);
      const part = paintRuns(buffer, runs, transform, {
        fill: opacity === 0 ? 0 : colourWord(red, green, blue, opacity),
        outline: colourWord(red, green, blue, 1),
        casing: colourWord(0, 0, 0, scene.strongContrast ? 1 : 0.55),
        outlineWidth,
        dashed,
      });
      touched = joinRects(touched, part);
    };
    const fill = scene.outlineOnly ? 0 : scene.opacity;
    for (const { runs, colour, active } of scene.masks) {
      if (!active) paint(runs, colour, fill * 0.75, Math.max(1, line >> 1), false);
    }
    for (const { runs, colour, active } of scene.masks) if (active) paint(runs, colour, fill, line, false);
    // Beside a mask, the preview's outline alone tells the difference.
    const hasActive = scene.masks.some(({ active }) => active);
    if (scene.preview !== null) {
      paint(scene.preview.runs, scene.preview.colour, hasActive ? 0 : fill * 0.5, line, true);
    }
    dirty = touched as DirtyRect | null;
    if (dirty !== null) {
      const { left, top, right, bottom } = dirty;
      overlayContext.putImageData(image, 0, 0, left, top, right - left, bottom - top);
    }
  };

  const paintMarks = (scene: Scene) => {
    if (overlayContext === null) return;
    const context = overlayContext;
    context.save();
    context.scale(ratio, ratio);
    if (scene.stroke !== null && scene.stroke.points.length > 0) {
      const { points, radius, erases } = scene.stroke;
      context.globalAlpha = 0.5;
      context.strokeStyle = erases ? '#ffffff' : scene.colour;
      context.lineWidth = Math.max(1.5, 2 * radius * viewport.scale);
      context.lineCap = 'round';
      context.lineJoin = 'round';
      context.beginPath();
      points.forEach((point, index) => {
        const { x, y } = toStage(viewport, point);
        if (index === 0) context.moveTo(x, y);
        context.lineTo(x, y);
      });
      context.stroke();
      context.globalAlpha = 1;
    }
    if (scene.box !== null) {
      const a = toStage(viewport, { x: scene.box.x1, y: scene.box.y1 });
      const b = toStage(viewport, { x: scene.box.x2, y: scene.box.y2 });
      const rect = [Math.min(a.x, b.x), Math.min(a.y, b.y), Math.abs(a.x - b.x), Math.abs(a.y - b.y)] as const;
      twice(context, () => context.strokeRect(...rect), scene.colour, [6, 4]);
    }
    scene.clicks.forEach((click, index) => {
      paintClick(
        context,
        toStage(viewport, click),
        click.label === 'positive',
        index === 0,
        index === scene.selectedClick,
      );
    });
    if (scene.brush !== null) {
      const { at, radius } = scene.brush;
      twice(
        context,
        () => {
          context.beginPath();
          context.arc(at.x, at.y, Math.max(2, radius), 0, 2 * Math.PI);
          context.stroke();
        },
        '#ffffff',
        scene.brush.erases ? [4, 3] : [],
      );
    }
    if (scene.crosshair !== null) {
      const { x, y } = toStage(viewport, scene.crosshair);
      twice(
        context,
        () => {
          context.beginPath();
          for (const [fx, fy] of [
            [1, 0],
            [-1, 0],
            [0, 1],
            [0, -1],
          ] as const) {
            context.moveTo(x + fx * 5, y + fy * 5);
            context.lineTo(x + fx * 22, y + fy * 22);
          }
          context.stroke();
        },
        '#ffffff',
        [],
      );
    }
    context.restore();
  };

  const paintAll = () => {
    frame = 0;
    if (size.width === 0 || size.height === 0) return;
    resizeBuffers();
    const scene = look();
    paintPicture(scene);
    paintMasks(scene);
    paintMarks(scene);
  };
  const invalidate = () => {
    if (frame === 0) frame = requestAnimationFrame(paintAll);
  };
  onDensity();

  return {
    element,
    get viewport() {
      return viewport;
    },
    get size() {
      return size;
    },
    setViewport(next) {
      if (next.scale === viewport.scale && next.x === viewport.x && next.y === viewport.y) return;
      viewport = next;
      fitted = false;
      invalidate();
    },
    fit() {
      fitted = true;
      measure();
    },
    invalidate,
    destroy() {
      cancelAnimationFrame(frame);
      observer.disconnect();
      density?.removeEventListener('change', onDensity);
      // Canvases keep their memory until they are collected; a size of 0 frees it at once.
      for (const canvas of [pictureCanvas, overlayCanvas]) {
        canvas.width = 0;
        canvas.height = 0;
        canvas.remove();
      }
      words = new Uint32Array(0);
      image = null;
    },
  };
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

/** Draws a line twice, dark and wide below, light and thin above, to be seen on any picture. */
function twice(context: CanvasRenderingContext2D, draw: () => void, colour: string, dash: number[]): void {
  context.lineWidth = 3.5;
  context.strokeStyle = 'rgb(0 0 0 / 0.6)';
  context.setLineDash([]);
  draw();
  context.lineWidth = 1.5;
  context.strokeStyle = colour;
  context.setLineDash(dash);
  draw();
  context.setLineDash([]);
}

/** A mark for a click: sign and colour both tell its kind; the first click has a ring of its own. */
function paintClick(
  context: CanvasRenderingContext2D,
  { x, y }: StagePoint,
  positive: boolean,
  first: boolean,
  selected: boolean,
): void {
  const radius = 7;
  context.beginPath();
  context.arc(x, y, radius, 0, 2 * Math.PI);
  context.fillStyle = positive ? '#0b7d3e' : '#c92a2a';
  context.fill();
  context.lineWidth = 2;
  context.strokeStyle = '#ffffff';
  context.stroke();
  context.beginPath();
  context.moveTo(x - 3.5, y);
  context.lineTo(x + 3.5, y);
  if (positive) {
    context.moveTo(x, y - 3.5);
    context.lineTo(x, y + 3.5);
  }
  context.stroke();
  if (first || selected) {
    context.beginPath();
    context.arc(x, y, radius + (selected ? 5 : 3), 0, 2 * Math.PI);
    context.lineWidth = selected ? 3 : 1;
    context.strokeStyle = selected ? '#ffd43b' : 'rgb(0 0 0 / 0.7)';
    context.stroke();
  }
}
