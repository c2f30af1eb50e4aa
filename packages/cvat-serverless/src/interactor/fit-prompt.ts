import { type Box, ClickmaskError, type Size } from '@clickmask/core';
import type { InteractorRequest, RequestPoint } from './parse-request.js';

/** Browsers round, so points this far outside count as points on the edge. */
const TOLERANCE = 1;

/** The part of a request that refers to the frame. */
export interface FittedPrompt {
  readonly positive: readonly RequestPoint[];
  readonly negative: readonly RequestPoint[];
  readonly boxes: readonly Box[];
  /** Changes, for the log. */
  readonly notes: readonly string[];
}

/**
 * Fits clicks and boxes into the frame. CVAT keeps clicks inside but not boxes, so a box is cut to the frame. A click
 * outside is left out unless it is the only prompt.
 *
 * @throws ClickmaskError `bad-click`, `bad-box`, `no-clicks`
 */
export function fitPrompt(request: InteractorRequest, size: Size): FittedPrompt {
  const notes: string[] = [];
  const fit = (points: readonly RequestPoint[]): RequestPoint[] => {
    const inside = points.filter(({ x, y }) => within(x, size.width) && within(y, size.height));
    if (inside.length < points.length)
      notes.push(`${points.length - inside.length} clicks outside the frame were left out`);
    return inside.map(({ x, y }) => ({ x: clamp(x, size.width), y: clamp(y, size.height) }));
  };
  const positive = fit(request.positive);
  const negative = fit(request.negative);
  const given = request.positive.length + request.negative.length;
  const kept = positive.length + negative.length;
  const boxes = request.boxes.map((box) => cutBox(box, size)).filter((box) => box !== null);
  if (boxes.length < request.boxes.length) {
    if (kept === 0 && boxes.length === 0) {
      const { x1, y1, x2, y2 } = request.boxes[0];
      const message = `Expected a box that holds a part of ${size.width} x ${size.height} px but received ${x1}, ${y1}, ${x2}, ${y2}.`;
      throw new ClickmaskError('bad-box', message);
    }
    notes.push('a box that holds nothing of the frame was left out');
  }
  if (kept === 0 && boxes.length === 0) {
    if (given === 0) throw new ClickmaskError('no-clicks', 'Expected at least one click or a box but received none.');
    const message = `Expected clicks inside ${size.width} x ${size.height} px but all ${given} lie outside.`;
    throw new ClickmaskError('bad-click', message);
  }
  return { positive, negative, boxes, notes };
}

const within = (value: number, side: number): boolean => value >= -TOLERANCE && value <= side + TOLERANCE;

/** At most into the last pixel, whose centre is half a pixel inside. */
const clamp = (value: number, side: number): number => Math.min(Math.max(value, 0), side - 0.5);

function cutBox(box: Box, size: Size): Box | null {
  const x1 = Math.max(0, Math.min(box.x1, box.x2));
  const y1 = Math.max(0, Math.min(box.y1, box.y2));
  const x2 = Math.min(size.width, Math.max(box.x1, box.x2));
  const y2 = Math.min(size.height, Math.max(box.y1, box.y2));
  return x2 > x1 && y2 > y1 ? { x1, y1, x2, y2 } : null;
}
