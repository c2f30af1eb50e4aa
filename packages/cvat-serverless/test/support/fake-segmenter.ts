import {
  area,
  bounds,
  type ClickInput,
  ClickmaskError,
  type MaskRuns,
  type Prediction,
  type Prompt,
  type Segmenter,
  type SegmenterImage,
  type SegmentOptions,
} from '@clickmask/core';
import { RunBuilder } from '@clickmask/core/masks';
import { toPrediction } from '@clickmask/core/runtime';

export interface FakeSegmenter extends Segmenter {
  readonly opened: string[];
  readonly closed: string[];
  readonly requests: { readonly key: string; readonly prompt: Prompt; readonly options: SegmentOptions }[];
}

export interface FakeOptions {
  readonly width?: number;
  readonly height?: number;
  readonly radius?: number;
  readonly delayMs?: number;
}

/** Discs around the positive clicks, less discs around the negative ones; a box alone gives its rectangle. */
export function createFakeSegmenter(options: FakeOptions = {}): FakeSegmenter {
  const { width = 64, height = 48, radius = 6, delayMs = 0 } = options;
  const opened: string[] = [];
  const closed: string[] = [];
  const requests: FakeSegmenter['requests'] = [];
  return {
    opened,
    closed,
    requests,
    info: {
      model: 'fake 1.0.0',
      family: 'fake',
      licence: 'Apache-2.0',
      provider: 'cpu',
      workers: 0,
      threads: 1,
      capabilities: { previousMask: true, box: true, candidates: 1 },
    } as Segmenter['info'],
    async open(source, { key = 'none' } = {}) {
      if (source instanceof Uint8Array && source[0] === 0x21) {
        throw new ClickmaskError('bad-image', 'The image is damaged or truncated.');
      }
      opened.push(key);
      const size = source instanceof Uint8Array ? { width, height } : { width: source.width, height: source.height };
      return { key, ...size, close: async () => void closed.push(key) } satisfies SegmenterImage;
    },
    async segment(image, prompt, segmentOptions = {}) {
      requests.push({ key: image.key, prompt, options: segmentOptions });
      if (delayMs > 0) await new Promise((resolve) => setTimeout(resolve, delayMs));
      return predictionOf(discs(image.width, image.height, prompt, radius));
    },
    stats: async () => ({
      ready: 1,
      images: opened.length,
      pixelBytes: 0,
      featureBytes: 0,
      stateBytes: 0,
      queued: 0,
      active: 0,
      encodes: 0,
      predictions: requests.length,
    }),
    close: async () => {},
  };
}

export function discs(width: number, height: number, prompt: Prompt, radius: number): MaskRuns {
  const { clicks = [], box } = prompt;
  const near = (click: ClickInput, x: number, y: number): boolean =>
    Math.hypot(x + 0.5 - click.x, y + 0.5 - click.y) <= radius;
  return runsWhere(width, height, (x, y) => {
    if (clicks.some((click) => click.label === 'negative' && near(click, x, y))) return false;
    if (clicks.some((click) => click.label === 'positive' && near(click, x, y))) return true;
    return clicks.length === 0 && box !== undefined && x >= box.x1 && x < box.x2 && y >= box.y1 && y < box.y2;
  });
}

export function runsWhere(width: number, height: number, set: (x: number, y: number) => boolean): MaskRuns {
  const builder = new RunBuilder({ width, height });
  for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) if (set(x, y)) builder.add(y, x, x + 1);
  return builder.finish();
}

export function predictionOf(runs: MaskRuns, score = 0.93): Prediction {
  return toPrediction({
    width: runs.width,
    height: runs.height,
    runs,
    area: area(runs),
    bbox: bounds(runs),
    score,
    candidates: [{ index: 0, score }],
    candidate: 0,
    changedPixels: 0,
    refinement: {
      steps: 0,
      changedPixels: [],
      settled: true,
      complete: true,
      roi: { x: 0, y: 0, width: 1, height: 1 },
      flip: false,
    },
    timings: { decode: 0, encode: 0, predict: 0, postprocess: 0, network: 0, total: 0 },
    provider: 'cpu',
    model: 'fake 1.0.0',
    notes: [],
  });
}
