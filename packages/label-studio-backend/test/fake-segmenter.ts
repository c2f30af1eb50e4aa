import { ClickmaskError, type MaskRuns, type Prediction, type Segmenter, type SegmenterImage } from '@clickmask/core';
import { isSet, RunBuilder, toRuns } from '@clickmask/core/masks';
import { toPrediction } from '@clickmask/core/runtime';
import sharp from 'sharp';

/** What a fake segmenter was asked. */
export interface FakeSegmenter extends Segmenter {
  readonly opened: { key: string; prepare: boolean }[];
  readonly prompts: Parameters<Segmenter['segment']>[1][];
  /** How long each prediction takes. */
  delayMs: number;
}

/** A segmenter whose mask is a disc around each positive click, less one around each negative, or the box. */
export function createFakeSegmenter(): FakeSegmenter {
  const opened: FakeSegmenter['opened'] = [];
  const prompts: FakeSegmenter['prompts'] = [];
  const fake: FakeSegmenter = {
    opened,
    prompts,
    delayMs: 0,
    info: {
      model: 'disc 1.0.0',
      family: 'fake',
      licence: 'Apache-2.0',
      commercialUse: true,
      provider: 'cpu',
      workers: 1,
      threads: 1,
      capabilities: { previousMask: false, box: true, candidates: 1 },
    },
    async open(source, { key = 'none', prepare = false } = {}) {
      opened.push({ key, prepare });
      if (!(source instanceof Uint8Array)) return image(key, source.width, source.height);
      try {
        const { autoOrient } = await sharp(source, { limitInputPixels: 64e6, failOn: 'error' }).metadata();
        return image(key, autoOrient.width, autoOrient.height);
      } catch (cause) {
        const code = /pixel limit/i.test(String(cause)) ? 'image-too-large' : 'bad-image';
        throw new ClickmaskError(code, 'Expected an image but it cannot be decoded.', { cause });
      }
    },
    async segment({ width, height }, prompt) {
      prompts.push(prompt);
      if (fake.delayMs > 0) await new Promise((resolve) => setTimeout(resolve, fake.delayMs));
      return prediction(discs(width, height, prompt));
    },
    async stats() {
      return {
        images: 0,
        pixelBytes: 0,
        featureBytes: 0,
        stateBytes: 0,
        queued: 0,
        active: 0,
        encodes: 0,
        predictions: 0,
        ready: 1,
      };
    },
    async close() {},
  };
  return fake;
}

const image = (key: string, width: number, height: number): SegmenterImage => ({
  key,
  width,
  height,
  async close() {},
});

function discs(width: number, height: number, { clicks = [], box, mask }: FakeSegmenter['prompts'][number]): MaskRuns {
  const builder = new RunBuilder({ width, height });
  const radius = Math.max(2, Math.min(width, height) / 8);
  const inside = (x: number, y: number) => {
    const near = (label: string) =>
      clicks.some((click) => click.label === label && (click.x - x) ** 2 + (click.y - y) ** 2 <= radius ** 2);
    if (near('negative')) return false;
    if (mask !== undefined && isSet(toRuns(mask), Math.floor(x), Math.floor(y))) return true;
    return near('positive') || (box !== undefined && x >= box.x1 && x <= box.x2 && y >= box.y1 && y <= box.y2);
  };
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) if (inside(x + 0.5, y + 0.5)) builder.add(y, x, x + 1);
  }
  return builder.finish();
}

function prediction(runs: MaskRuns): Prediction {
  const timings = { decode: 1, encode: 1, predict: 1, postprocess: 1, network: 1, total: 4 };
  const roi = { x: 0, y: 0, width: runs.width, height: runs.height };
  return toPrediction({
    width: runs.width,
    height: runs.height,
    runs,
    area: runs.spans.length,
    bbox: null,
    score: 0.9,
    candidates: [{ index: 0, score: 0.9 }],
    candidate: 0,
    changedPixels: 0,
    refinement: { steps: 0, changedPixels: [], settled: true, complete: true, roi, flip: false },
    timings,
    provider: 'cpu',
    model: 'disc 1.0.0',
    notes: [],
  });
}
