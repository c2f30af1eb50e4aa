import type { Scene } from './scene.js';
import { type StagePoint, toStage } from './viewport.js';

type Context = CanvasRenderingContext2D;

/** Paints everything over the masks: stroke, box, clicks, brush and crosshair. In CSS px. */
export function paintMarks(context: Context, scene: Scene): void {
  paintStroke(context, scene);
  paintBox(context, scene);
  scene.clicks.forEach(({ x, y, label }, index) => {
    const at = toStage(scene.viewport, { x, y });
    paintClick(context, at, label === 'positive', index === 0, index === scene.selectedClick);
  });
  paintBrush(context, scene);
  paintCrosshair(context, scene);
}

function paintStroke(context: Context, { stroke, colour, viewport }: Scene): void {
  if (stroke === null || stroke.points.length === 0) return;
  context.globalAlpha = 0.5;
  context.strokeStyle = stroke.erases ? '#ffffff' : colour;
  context.lineWidth = Math.max(1.5, 2 * stroke.radius * viewport.scale);
  context.lineCap = 'round';
  context.lineJoin = 'round';
  context.beginPath();
  stroke.points.forEach((point, index) => {
    const { x, y } = toStage(viewport, point);
    if (index === 0) context.moveTo(x, y);
    context.lineTo(x, y);
  });
  context.stroke();
  context.globalAlpha = 1;
}

function paintBox(context: Context, { box, colour, viewport }: Scene): void {
  if (box === null) return;
  const a = toStage(viewport, { x: box.x1, y: box.y1 });
  const b = toStage(viewport, { x: box.x2, y: box.y2 });
  const rect = [Math.min(a.x, b.x), Math.min(a.y, b.y), Math.abs(a.x - b.x), Math.abs(a.y - b.y)] as const;
  twice(context, () => context.strokeRect(...rect), colour, [6, 4]);
}

function paintBrush(context: Context, { brush }: Scene): void {
  if (brush === null) return;
  const { at, radius, erases } = brush;
  const draw = () => {
    context.beginPath();
    context.arc(at.x, at.y, Math.max(2, radius), 0, 2 * Math.PI);
    context.stroke();
  };
  twice(context, draw, '#ffffff', erases ? [4, 3] : []);
}

function paintCrosshair(context: Context, { crosshair, viewport }: Scene): void {
  if (crosshair === null) return;
  const { x, y } = toStage(viewport, crosshair);
  const arms = [
    [1, 0],
    [-1, 0],
    [0, 1],
    [0, -1],
  ] as const;
  const draw = () => {
    context.beginPath();
    for (const [dx, dy] of arms) {
      context.moveTo(x + dx * 5, y + dy * 5);
      context.lineTo(x + dx * 22, y + dy * 22);
    }
    context.stroke();
  };
  twice(context, draw, '#ffffff', []);
}

/** Draws a line twice (dark and wide below, light and thin on top), so that it is visible on any image. */
function twice(context: Context, draw: () => void, colour: string, dash: number[]): void {
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

/** The mark of a click. Sign and colour both show its label; the first click has an extra ring. */
function paintClick(
  context: Context,
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
