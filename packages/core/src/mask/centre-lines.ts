import type { Size } from '../geometry/index.js';
import { union } from './boolean.js';
import { bridgeHoles } from './bridge-holes.js';
import { traceContours } from './contours.js';
import { type MaskRuns, RunBuilder, runAt } from './mask-runs.js';
import { type Polygon, type Ring, ringArea } from './polygon.js';
import { rasterisePolygons } from './rasterise.js';
import { simplifyPolygons } from './simplify.js';

/** A closed line through pixel centres: column and row of each corner, as whole numbers. */
export type CentreLine = number[];

/**
 * Outlines through the centres of the outermost pixels, for readers that paint a polygon's line as well as its inside
 * (`cv2.fillPoly`, PIL's `ImageDraw.polygon`). They restore the mask exactly, while outlines along the edges between
 * pixels come out half a pixel too large.
 *
 * There is one line per 4-connected part. A hole is connected by a line that runs there and back over pixels of the
 * part, so it adds no pixel.
 *
 * @param tolerance - if above 0, corners are removed as in {@link simplifyPolygons}, in px; the result is then not
 * exact
 */
export function centreLines(runs: MaskRuns, tolerance = 0): CentreLine[] {
  if (tolerance === 0) return traceContours(runs).map((polygon) => exactLine(polygon, runs));
  return traceContours(runs).map(({ outer, holes }) => {
    const [ring, ...inner] = [outer, ...holes].map((cracks) => Float64Array.from(pixelsAlong(cracks)));
    // A part of one pixel's width encloses nothing to simplify.
    if (ringArea(ring) === 0) return Array.from(ring);
    const [simple] = simplifyPolygons([{ outer: ring, holes: inner }], { tolerance });
    return bridgeHoles(simple).map(Math.round);
  });
}

/**
 * Fills closed lines as `cv2.fillPoly` does: pixels whose centres lie inside by the even-odd rule, and pixels on the
 * lines (Bresenham). Everything outside the image is cut off.
 *
 * @throws ClickmaskError `bad-mask`
 */
export function fillCentreLine(line: readonly number[], size: Size): MaskRuns {
  const outer = Float64Array.from(line, (value) => value + 0.5);
  const inside = rasterisePolygons([{ outer, holes: [] }], size);
  return union(inside, drawLine(line, size));
}

/**
 * One line through several, for formats with one outline per object. Each part is connected to its nearest neighbour by
 * a line that runs there and back. Parts that touch at a corner are joined without an extra pixel. Elsewhere, readers
 * that paint lines set the pixels between.
 */
export function joinLines(lines: readonly CentreLine[]): CentreLine {
  const [first, ...rest] = lines;
  if (first === undefined || rest.length === 0) return first ?? [];
  let joined = first;
  const left = new Set(rest);
  while (left.size > 0) {
    let best = { line: rest[0], from: 0, to: 0, distance: Number.POSITIVE_INFINITY };
    for (const line of left) {
      const near = nearest(joined, line);
      if (near.distance < best.distance) best = { line, ...near };
    }
    left.delete(best.line);
    const turned = [...best.line.slice(best.to), ...best.line.slice(0, best.to)];
    joined = [
      ...joined.slice(0, best.from + 2),
      ...turned,
      turned[0],
      turned[1],
      joined[best.from],
      joined[best.from + 1],
      ...joined.slice(best.from + 2),
    ];
  }
  return joined;
}

/** Maximum corners to compare of each of two lines. The exact place of the joint matters little. */
const MAX_COMPARED = 500;

function nearest(a: CentreLine, b: CentreLine): { from: number; to: number; distance: number } {
  const stepA = 2 * Math.ceil(a.length / 2 / MAX_COMPARED);
  const stepB = 2 * Math.ceil(b.length / 2 / MAX_COMPARED);
  const best = { from: 0, to: 0, distance: Number.POSITIVE_INFINITY };
  for (let i = 0; i < a.length; i += stepA) {
    for (let j = 0; j < b.length; j += stepB) {
      const distance = (a[i] - b[j]) ** 2 + (a[i + 1] - b[j + 1]) ** 2;
      if (distance < best.distance) Object.assign(best, { from: i, to: j, distance });
    }
  }
  return best;
}

/** The pixels to the right of a ring of pixel edges, which are the mask's own, corner by corner. */
function pixelsAlong(ring: Ring): number[] {
  const line: number[] = [];
  for (let i = 0; i < ring.length; i += 2) {
    const j = (i + 2) % ring.length;
    for (const [x, y] of pixelsOfEdge(ring[i], ring[i + 1], ring[j], ring[j + 1])) push(line, x, y);
  }
  return line;
}

/** First and last pixel to the right of an edge. */
function pixelsOfEdge(x1: number, y1: number, x2: number, y2: number): [number, number][] {
  if (x2 > x1) return pair(x1, y1, x2 - 1, y1);
  if (x2 < x1) return pair(x1 - 1, y1 - 1, x2, y1 - 1);
  if (y2 > y1) return pair(x1 - 1, y1, x1 - 1, y2 - 1);
  return pair(x1, y1 - 1, x1, y2);
}

function pair(x1: number, y1: number, x2: number, y2: number): [number, number][] {
  return [
    [x1, y1],
    [x2, y2],
  ];
}

function push(line: number[], x: number, y: number): void {
  if (line.length >= 2 && line[line.length - 2] === x && line[line.length - 1] === y) return;
  line.push(x, y);
}

/** A chain of pixels as a linked list, so that rings can be spliced into one another. */
interface Chain {
  readonly xs: number[];
  readonly ys: number[];
  readonly next: number[];
}

/**
 * The line of a part with its holes. To the left of a hole's leftmost pixels, the part continues to the start of a run.
 * That start lies on the outer ring or on the ring of a hole farther left, where this hole is connected.
 */
function exactLine({ outer, holes }: Polygon, runs: MaskRuns): CentreLine {
  if (holes.length === 0) return withoutStraight(pixelsAlong(outer));
  const ties = holes.map((hole) => {
    const [x, y] = pixelLeftOf(hole);
    return { x, y, start: runs.spans[2 * runAt(runs, x, y)] };
  });
  const wanted = new Set(ties.map(({ y, start }) => y * runs.width + start));
  const chain: Chain = { xs: [], ys: [], next: [] };
  const runStarts = new Map<number, number>();
  const heads = [outer, ...holes].map((ring) => addRing(chain, ring, wanted, runs.width, runStarts));
  ties.forEach(({ x, y, start }, i) => {
    const from = runStarts.get(y * runs.width + start) as number;
    // The ring's own corner at the pixel beside the hole. It was added as the ring's first.
    const to = heads[i + 1];
    const back = insert(chain, from, chain.xs[from], chain.ys[from]);
    const entry = insert(chain, from, x, y);
    chain.next[entry] = chain.next[to];
    chain.next[to] = back;
  });
  const line: number[] = [];
  let node = heads[0];
  do {
    push(line, chain.xs[node], chain.ys[node]);
    node = chain.next[node];
  } while (node !== heads[0]);
  return withoutStraight(line);
}

function insert({ xs, ys, next }: Chain, after: number, x: number, y: number): number {
  const node = xs.push(x) - 1;
  ys.push(y);
  next[node] = next[after];
  next[after] = node;
  return node;
}

/** The part's pixel to the left of a hole's leftmost edge, at that edge's upper end. */
function pixelLeftOf(hole: Ring): [number, number] {
  let best = -1;
  for (let i = 0; i < hole.length; i += 2) {
    const j = (i + 2) % hole.length;
    if (hole[i] === hole[j] && (best < 0 || hole[i] < hole[best])) best = i;
  }
  const after = (best + 2) % hole.length;
  return [hole[best] - 1, Math.min(hole[best + 1], hole[after + 1])];
}

/**
 * Adds a ring as a closed chain and returns its first node; for a hole, the pixel of {@link pixelLeftOf}. Needed starts
 * of runs become separate nodes.
 */
function addRing(chain: Chain, ring: Ring, wanted: Set<number>, width: number, starts: Map<number, number>): number {
  const { xs, ys, next } = chain;
  const isHole = ringArea(ring) < 0;
  const [headX, headY] = isHole ? pixelLeftOf(ring) : [-1, -1];
  const first = xs.length;
  let head = -1;
  const add = (x: number, y: number, isStart: boolean): void => {
    const node = xs.push(x) - 1;
    ys.push(y);
    next.push(node + 1);
    if (isStart && wanted.has(y * width + x)) starts.set(y * width + x, node);
    if (head < 0 && x === headX && y === headY && !isStart) head = node;
  };
  for (let i = 0; i < ring.length; i += 2) {
    const j = (i + 2) % ring.length;
    const [from, to] = pixelsOfEdge(ring[i], ring[i + 1], ring[j], ring[j + 1]);
    const isStart = ring[i] === ring[j] && ring[j + 1] < ring[i + 1];
    if (!isStart) {
      add(...from, false);
      add(...to, false);
      continue;
    }
    // Upwards, along the starts of runs.
    for (let y = from[1]; y >= to[1]; y--) {
      if (y === from[1] || y === to[1] || wanted.has(y * width + from[0])) add(from[0], y, true);
    }
  }
  next[next.length - 1] = first;
  return isHole ? head : first;
}

/** Removes corners on a straight line, except the turning points of a line that runs there and back. */
function withoutStraight(line: number[]): CentreLine {
  const kept: number[] = [];
  const count = line.length / 2;
  for (let i = 0; i < count; i++) {
    const before = ((i + count - 1) % count) * 2;
    const after = ((i + 1) % count) * 2;
    const dx = line[2 * i] - line[before];
    const dy = line[2 * i + 1] - line[before + 1];
    const nextDx = line[after] - line[2 * i];
    const nextDy = line[after + 1] - line[2 * i + 1];
    const isStraight = dx * nextDy === dy * nextDx && dx * nextDx + dy * nextDy > 0;
    if (!isStraight && (dx !== 0 || dy !== 0 || count === 1)) kept.push(line[2 * i], line[2 * i + 1]);
  }
  return kept.length === 0 ? line.slice(0, 2) : kept;
}

/** The pixels on a closed line. */
function drawLine(line: readonly number[], size: Size): MaskRuns {
  const pixels: number[] = [];
  for (let i = 0; i < line.length; i += 2) {
    const j = (i + 2) % line.length;
    drawSegment(line[i], line[i + 1], line[j], line[j + 1], size, pixels);
  }
  const sorted = Float64Array.from(pixels).sort();
  const builder = new RunBuilder(size);
  let last = -1;
  for (const pixel of sorted) {
    if (pixel === last) continue;
    last = pixel;
    const y = Math.floor(pixel / size.width);
    const x = pixel - y * size.width;
    builder.add(y, x, x + 1);
  }
  return builder.finish();
}

function drawSegment(x1: number, y1: number, x2: number, y2: number, { width, height }: Size, into: number[]): void {
  const steps = Math.max(Math.abs(x2 - x1), Math.abs(y2 - y1));
  if (steps === 0) {
    if (x1 >= 0 && x1 < width && y1 >= 0 && y1 < height) into.push(y1 * width + x1);
    return;
  }
  const stepX = (x2 - x1) / steps;
  const stepY = (y2 - y1) / steps;
  // Only the part inside the image: the ends may be anywhere.
  const [low, high] = clip(x1, stepX, width, clip(y1, stepY, height, [0, steps]));
  for (let i = Math.floor(low); i <= high; i++) {
    const x = Math.round(x1 + i * stepX);
    const y = Math.round(y1 + i * stepY);
    if (x >= 0 && x < width && y >= 0 && y < height) into.push(y * width + x);
  }
}

/** The steps at which `start + i * step` is within a pixel of 0 to `side`. */
function clip(start: number, step: number, side: number, [low, high]: [number, number]): [number, number] {
  if (step === 0) return start < -1 || start > side ? [0, -1] : [low, high];
  const a = (-1 - start) / step;
  const b = (side - start) / step;
  return [Math.max(low, Math.min(a, b)), Math.min(high, Math.max(a, b))];
}
