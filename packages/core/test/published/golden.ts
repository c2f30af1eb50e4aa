import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type GroundTruth, ignoreLabel, nextClick } from '../../src/evaluation.js';
import { wholeRect } from '../../src/geometry/index.js';
import { readOnGrid } from '../../src/image/index.js';
import { sigmoid } from '../../src/models.js';
import { type Box, type Click, createSegmenter, type Mask, type RefinementOptions, type Size } from '../../src/node.js';

/** What the authors' predictor answered after one click; see tools/export/clickmask_export/golden.py. */
export interface GoldenStep {
  /** Null where the box alone was asked for. */
  readonly click: readonly [column: number, row: number, label: Click['label']] | null;
  readonly area: number;
  readonly probabilities: readonly number[];
  /** Bits of every third pixel of every third row, base64. */
  readonly mask: string;
  /** What each further reading of the clicks is worth, and the mask it would make. */
  readonly candidates?: readonly { readonly score: number; readonly area: number; readonly mask: string }[];
}

export interface GoldenCase {
  readonly title: string;
  readonly model: string;
  readonly threshold: number;
  readonly refinement: RefinementOptions;
  /** Whether the clicks were given, rather than simulated from the predictor's own masks. */
  readonly givenClicks?: boolean;
  /** Whether only masks are known, since the authors' code gives nothing else. */
  readonly masksOnly?: boolean;
  readonly structuralIntegrity?: boolean;
  /** Left, top, right, bottom; given before the first click. */
  readonly box?: readonly [number, number, number, number];
  /** Rectangles of the mask to start from: left, top, width, height. */
  readonly start?: readonly (readonly [number, number, number, number])[];
  readonly steps: readonly GoldenStep[];
}

interface Golden {
  readonly sampleStep: number;
  readonly maskStep: number;
  readonly cases: readonly GoldenCase[];
}

const folder = fileURLToPath(new URL('.', import.meta.url));

export async function readGolden(name: string): Promise<Golden> {
  return JSON.parse(await readFile(join(folder, 'golden', `${name}.json`), 'utf8')) as Golden;
}

/** How far Clickmask is from the authors' predictor, over all clicks of a case. */
export interface Distance {
  largestDifference: number;
  leastIou: number;
  differentClicks: number;
  /** Largest share by which an area differs. */
  areas: number;
  /** Largest difference of a candidate's score. */
  scores: number;
}

/** Makes the same clicks on the same image and compares every answer. */
export async function compareWithGolden(golden: Golden, test: GoldenCase): Promise<Distance> {
  const segmenter = await createSegmenter({ model: join(folder, 'models', test.model), workers: 0, threads: 1 });
  try {
    const image = await segmenter.open(await readFile(join(folder, 'golden', 'photo.png')));
    const truth = ellipse(image.width, image.height);
    const worst: Distance = { largestDifference: 0, leastIou: 1, differentClicks: 0, areas: 0, scores: 0 };
    const clicks: Click[] = [];
    const box = boxOf(test);
    const start = startOf(test, image);
    let before = { width: image.width, height: image.height, data: Uint8Array.from(start.data) };
    const options = {
      refinement: test.refinement,
      // Where the authors' code applies it, the manifest says how.
      postprocess: test.structuralIntegrity === true ? {} : { structuralIntegrity: 'off' as const },
      includeMap: true,
    };
    for (const step of test.steps) {
      if (step.click !== null) {
        const [column, row, label] = step.click;
        const click: Click = { x: column + 0.5, y: row + 0.5, label };
        const own = nextClick(truth, before, clicks);
        if (test.givenClicks !== true && (own?.x !== click.x || own.y !== click.y || own.label !== label)) {
          worst.differentClicks += 1;
        }
        clicks.push(click);
      }
      const prompt = { clicks, ...box, mask: start };
      const prediction = await segmenter.segment(image, prompt, options);
      const { mask, map, area } = prediction;
      before = { width: mask.width, height: mask.height, data: Uint8Array.from(mask.data) };
      worst.areas = Math.max(worst.areas, Math.abs(area - step.area) / Math.max(1, step.area));
      worst.leastIou = Math.min(worst.leastIou, sampledIou(mask, step.mask, golden.maskStep));
      for (const [query, expected] of (step.candidates ?? []).entries()) {
        const found = prediction.candidates.find(({ index }) => index === query + 1);
        worst.scores = Math.max(worst.scores, Math.abs((found?.score ?? Infinity) - expected.score));
        const taken = await segmenter.segment(image, prompt, { ...options, candidate: query + 1 });
        worst.areas = Math.max(worst.areas, Math.abs(taken.area - expected.area) / Math.max(1, expected.area));
        worst.leastIou = Math.min(worst.leastIou, sampledIou(taken.mask, expected.mask, golden.maskStep));
      }
      if (map === undefined || test.masksOnly === true) continue;
      // Logits are enlarged before the sigmoid.
      const { scale = 'probability', ...values } = map;
      const enlarged = readOnGrid(values, wholeRect(image), image, 'half-pixel');
      const full = scale === 'logit' ? sigmoid(enlarged) : enlarged;
      let at = 0;
      for (let y = 0; y < image.height; y += golden.sampleStep) {
        for (let x = 0; x < image.width; x += golden.sampleStep) {
          const difference = Math.abs(full[y * image.width + x] - step.probabilities[at++]);
          worst.largestDifference = Math.max(worst.largestDifference, difference);
        }
      }
    }
    return worst;
  } finally {
    await segmenter.close();
  }
}

function boxOf({ box }: GoldenCase): { readonly box?: Box } {
  if (box === undefined) return {};
  const [x1, y1, x2, y2] = box;
  return { box: { x1, y1, x2, y2 } };
}

function startOf({ start = [] }: GoldenCase, { width, height }: Size): Mask {
  const data = new Uint8Array(width * height);
  for (const [left, top, columns, rows] of start) {
    for (let y = top; y < top + rows; y++) data.fill(1, y * width + left, y * width + left + columns);
  }
  return { width, height, data };
}

function sampledIou(
  mask: { readonly width: number; readonly height: number; readonly data: Uint8Array },
  packed: string,
  step: number,
): number {
  const bytes = Buffer.from(packed, 'base64');
  let bit = 0;
  let both = 0;
  let either = 0;
  for (let y = 0; y < mask.height; y += step) {
    for (let x = 0; x < mask.width; x += step, bit++) {
      const a = ((bytes[bit >> 3] >> (7 - (bit & 7))) & 1) === 1;
      const b = mask.data[y * mask.width + x] === 1;
      if (a && b) both += 1;
      if (a || b) either += 1;
    }
  }
  return either === 0 ? 1 : both / either;
}

/** What is to be found: the ellipse of golden.py, with its band that is ignored. */
function ellipse(width: number, height: number): GroundTruth {
  const data = new Uint8Array(width * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const radius = ((y - height * 0.55) / (height * 0.3)) ** 2 + ((x - width * 0.4) / (width * 0.2)) ** 2;
      data[y * width + x] = radius <= 1 ? 1 : radius <= 1.1 ? ignoreLabel : 0;
    }
  }
  return { width, height, data };
}
