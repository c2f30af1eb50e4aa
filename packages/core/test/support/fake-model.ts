import { isClickmaskError, type RgbImage } from '../../src/index.js';
import { type LoadedModel, type ModelHandle, type ModelManifest, probabilitiesOf } from '../../src/models.js';
import { createEngine, type Engine, type EngineOptions, type GraphSource } from '../../src/runtime.js';

/** Side of the fake network's grid. */
export const gridSide = 16;

export interface FakeModel extends ModelHandle {
  readonly calls: { encodes: number; decodes: number; disposed: number };
}

export const fakeManifest: ModelManifest = {
  format: 1,
  family: 'fake',
  name: 'fake',
  version: '1',
  description: 'for tests',
  licence: { id: 'Apache-2.0', commercialUse: true },
  source: { text: 'made up' },
  threshold: 0.5,
  refinement: { cascade: { steps: 0, settledPixels: null, clicks: 'every' }, zoomIn: null, flip: false },
  graphs: {},
  options: {},
};

/**
 * A network of arithmetic: every positive click raises the cells about it, every negative one lowers them, and what was
 * there before counts with a third, so that the order of clicks and every step of refinement show in the result.
 */
export function fakeModel(
  options: {
    readonly candidates?: number;
    readonly previousMask?: boolean;
    readonly manifest?: Partial<ModelManifest>;
    readonly box?: boolean;
  } = {},
): FakeModel {
  const { candidates = 1, previousMask = true, box = false } = options;
  const calls = { encodes: 0, decodes: 0, disposed: 0 };
  const model: LoadedModel = {
    manifest: { ...fakeManifest, ...options.manifest },
    capabilities: { previousMask, box, candidates },
    async encode(image, { roi, mirrored }) {
      calls.encodes += 1;
      const centre = ((roi.y + (roi.height >> 1)) * image.width + roi.x + (roi.width >> 1)) * 3;
      return { bytes: 1000, tint: image.data[centre] / 255, mirrored } as { bytes: number };
    },
    async decode(features, { roi, clicks, box: drawn, previous, mirrored }) {
      calls.decodes += 1;
      const { tint } = features as unknown as { tint: number };
      const before = previous === null || 'spans' in previous ? null : probabilitiesOf(previous);
      const constant = previous !== null && 'spans' in previous ? 0.3 : 0;
      const logits = Array.from({ length: candidates }, (_, candidate) => {
        const plane = new Float32Array(gridSide * gridSide);
        for (let i = 0; i < plane.length; i++) {
          const x = roi.x + (((i % gridSide) + 0.5) * roi.width) / gridSide;
          const y = roi.y + ((Math.floor(i / gridSide) + 0.5) * roi.height) / gridSide;
          let sum = -2 + tint + constant - candidate * 0.5 + (before === null ? 0 : before[i] / 3);
          for (const [order, click] of clicks.entries()) {
            const distance = Math.hypot((x - click.x) / roi.width, (y - click.y) / roi.height);
            sum += ((click.label === 'positive' ? 5 : -5) * Math.exp(-8 * distance)) / (1 + order / 10);
          }
          if (drawn !== null) sum += x > drawn.x1 && x < drawn.x2 && y > drawn.y1 && y < drawn.y2 ? 4 : -4;
          plane[i] = sum + (mirrored ? 0.25 : 0);
        }
        return plane;
      });
      return {
        width: gridSide,
        height: gridSide,
        logits,
        scores: candidates > 1 ? logits.map((_, i) => (i === 1 ? 0.9 : 0.5 - i / 10)) : null,
        filter: 'half-pixel',
        interpolate: 'logit',
      };
    },
  };
  return {
    model,
    provider: 'cpu',
    calls,
    networkMs: () => 0,
    portable: true,
    async warm() {},
    async dispose() {
      calls.disposed += 1;
    },
  };
}

export function fakeEngine(
  handle: ModelHandle = fakeModel(),
  settings: Pick<EngineOptions, 'budgets' | 'limits' | 'refinement'> = {},
): Engine {
  const decodeImage = async (bytes: Uint8Array) => picture(bytes[0], bytes[1]);
  return createEngine({ handle, decodeImage, threads: 1, ...settings });
}

/** A plain grey image. */
export function picture(width: number, height: number, value = 100): RgbImage {
  return { width, height, data: new Uint8Array(width * height * 3).fill(value) };
}

/** The code of the error that a promise fails with; fails where it does not, or with another kind of error. */
export async function codeOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
  } catch (error) {
    if (isClickmaskError(error)) return error.code;
    throw error;
  }
  throw new Error('Expected an error but there was none.');
}

/** A graph by its bytes, for backends that load them. */
export function graphOf(bytes: Uint8Array): GraphSource {
  return { manifest: fakeManifest, graph: 'network', modelHash: '', bytePicture: false, read: async () => bytes };
}
