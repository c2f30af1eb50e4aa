import { isListOf } from '../../errors/index.js';
import type { Rect, Size } from '../../geometry/index.js';
import { type PixelScaling, resizeMap, resizeToTensor, sigmoid } from '../../image/index.js';
import { mirrorRows } from '../../refinement/index.js';
import type { InferenceSession, Tensor } from '../../runtime/backend.js';
import { declaredShape, declares, misfit } from '../declared-shape.js';
import type { DecodeInput, DecodeOutput, Features, LoadedModel, ModelFamily } from '../family.js';
import { Fields, type ModelManifest } from '../manifest.js';
import { previousOnGrid } from '../previous-on-grid.js';
import { type ClickEncoding, clickMap, inputClicks, pointsTensor } from './click-tensors.js';
import { type InputSizePolicy, inputSize } from './input-size.js';

/** The resampled region. The whole network runs on every pass. */
interface RegionFeatures extends Features {
  readonly image: Tensor;
  readonly size: Size;
}

/**
 * RITM and the networks that kept its contract: SimpleClick, CFR-ICL, AdaptiveClick, MST, f-BRS.
 *
 * One graph `network`, of which the manifest's shapes say what it takes:
 * - `image` [1, 3, H, W]: RGB from 0 to 1, unless `mean` and `std` say otherwise; H and W fixed or open
 * - `coord_features` [1, 3, H, W]: previous probabilities, positive and negative click map; 2 channels without the first
 * - `prev_mask` [1, 1, H, W]: previous probabilities, where the click maps are drawn in the graph
 * - `points` [1, 2N, 3]: row, column, order; positive ones first, each half filled up with -1
 *
 * → `logits` [1, 1, H, W] and, where the network offers readings of the clicks, `candidate_masks` [1, Q, h, w] (logits)
 * with `candidate_scores` [1, Q, 2] (class logits, object second). The authors' own combination, `logits`, is candidate
 * 0 and the default.
 *
 * Options: `encoding` { kind: `disks` | `distances`, radius }, `outsideClicks` `keep` | `drop`, `mean` and `std`
 * (optional); with open sizes `longest`, the longer side of a zoomed region in px, and `limit`, the greatest longer side
 * of a whole image or null.
 */
export const isegmFamily: ModelFamily = {
  name: 'isegm',
  summary: 'RITM, SimpleClick, CFR-ICL, AdaptiveClick, MST: image, click maps and previous mask through one network',
  graphs: ['network'],
  load,
};

interface Contract {
  readonly size: InputSizePolicy;
  readonly encoding: ClickEncoding;
  readonly outside: 'keep' | 'drop';
  readonly scaling: PixelScaling;
  /** The inputs besides `image`. */
  readonly maps: boolean;
  readonly previous: 'channel' | 'input' | 'none';
  readonly points: boolean;
  /** Alternative readings besides the authors' combination. */
  readonly queries: number;
}

function load(manifest: ModelManifest, sessions: Readonly<Record<string, InferenceSession>>): LoadedModel {
  const contract = readContract(manifest);
  const { network } = sessions;
  const pixels = rememberLast();
  const maps = rememberLast();
  return {
    manifest,
    capabilities: { previousMask: contract.previous !== 'none', box: false, candidates: 1 + contract.queries },

    async encode(image, { roi, zoomed, mirrored }): Promise<RegionFeatures> {
      const size = inputSize(roi, zoomed, contract.size);
      const data = pixels(image, roi, size, mirrored, () =>
        resizeToTensor(image, roi, size, 'align-corners', contract.scaling),
      );
      const shape = [1, 3, size.height, size.width];
      return { bytes: data.byteLength, image: { type: 'float32', shape, data }, size };
    },

    async decode(features, input): Promise<DecodeOutput> {
      const { image, size } = features as RegionFeatures;
      const result = await network.run({ image, ...clickFeeds(input, size, contract, maps) });
      const logits = result.logits.data as Float32Array;
      if (input.mirrored) mirrorRows(logits, size.width);
      return {
        ...size,
        ...(contract.queries === 0
          ? { logits: [logits], scores: null }
          : readings(result, logits, size, input.mirrored)),
        choice: 0,
        filter: 'align-corners',
        interpolate: 'probability',
      };
    },
  };
}

/** Returns the result of `make`, mirrored if requested. Repeated requests reuse it. */
type Memory = (source: object, roi: Rect, size: Size, mirrored: boolean, make: () => Float32Array) => Float32Array;

/** Remembers the latest result, so that the mirrored pass does not compute it again. */
function rememberLast(): Memory {
  let last: { readonly source: WeakRef<object>; readonly at: string; readonly data: Float32Array } | null = null;
  return (source, roi, size, mirrored, make) => {
    const at = [roi.x, roi.y, roi.width, roi.height, size.width, size.height].join();
    if (last?.at !== at || last.source.deref() !== source) last = { source: new WeakRef(source), at, data: make() };
    if (!mirrored) return last.data;
    const data = last.data.slice();
    mirrorRows(data, size.width);
    return data;
  };
}

function clickFeeds(input: DecodeInput, size: Size, contract: Contract, maps: Memory): Record<string, Tensor> {
  const clicks = inputClicks(input.clicks, input, size, contract.outside);
  const feeds: Record<string, Tensor> = {};
  const shape = (channels: number) => [1, channels, size.height, size.width];
  let previous: Float32Array | null = null;
  if (contract.previous !== 'none') {
    const { previous: before, roi, mirrored } = input;
    previous =
      before === null
        ? new Float32Array(size.width * size.height)
        : maps(before, roi, size, mirrored, () => previousOnGrid(before, roi, size, 'align-corners'));
  }
  if (contract.maps) {
    const plane = size.width * size.height;
    const channels = previous === null || contract.previous === 'input' ? 2 : 3;
    const data = new Float32Array(channels * plane);
    if (channels === 3 && previous !== null) data.set(previous);
    for (const [i, label] of (['positive', 'negative'] as const).entries()) {
      const points = clicks.filter((click) => click.label === label).map((click) => click.point);
      data.set(clickMap(points, size, contract.encoding), (channels - 2 + i) * plane);
    }
    feeds.coord_features = { type: 'float32', shape: shape(channels), data };
  }
  if (contract.previous === 'input' && previous !== null) {
    feeds.prev_mask = { type: 'float32', shape: shape(1), data: previous };
  }
  if (contract.points) feeds.points = pointsTensor(clicks);
  return feeds;
}

/** The combination first, then each query's mask, enlarged to the input. */
function readings(
  result: Readonly<Record<string, Tensor>>,
  combined: Float32Array,
  size: Size,
  mirrored: boolean,
): Pick<DecodeOutput, 'logits' | 'scores'> {
  const { shape, data } = result.candidate_masks;
  const [, queries, height, width] = shape;
  const classes = result.candidate_scores.data as Float32Array;
  const plane = width * height;
  const logits = [combined];
  const scores: number[] = [];
  for (let query = 0; query < queries; query++) {
    const mask = (data as Float32Array).subarray(query * plane, (query + 1) * plane);
    const enlarged = resizeMap(mask, { width, height }, size, 'align-corners');
    if (mirrored) mirrorRows(enlarged, size.width);
    logits.push(enlarged);
    scores.push(1 / (1 + Math.exp(-classes[query * 2 + 1])));
  }
  return { logits, scores: [meanSure(combined), ...scores] };
}

/** Mean probability of the cells above one half: the combination has no score of its own. */
function meanSure(logits: Float32Array): number {
  const sure = sigmoid(logits).filter((value) => value > 0.5);
  return sure.length === 0 ? 0 : sure.reduce((sum, value) => sum + value, 0) / sure.length;
}

function readContract(manifest: ModelManifest): Contract {
  const shapeOf = (kind: 'inputs' | 'outputs', name: string, expected: readonly (number | 'any')[]) =>
    declaredShape(manifest, 'network', kind, name, expected);
  const has = (kind: 'inputs' | 'outputs', name: string) => declares(manifest, 'network', kind, name);
  const [, , height, width] = shapeOf('inputs', 'image', [1, 3, 'any', 'any']);
  shapeOf('outputs', 'logits', [1, 1, 'any', 'any']);
  const maps = has('inputs', 'coord_features');
  const points = has('inputs', 'points');
  if (!maps && !points) throw misfit(manifest, "network input 'coord_features' or 'points'");
  if (points) shapeOf('inputs', 'points', [1, 'any', 3]);
  const channels = maps ? shapeOf('inputs', 'coord_features', [1, 'any', 'any', 'any'])[1] : 0;
  if (maps && channels !== 2 && channels !== 3)
    throw misfit(manifest, "2 or 3 channels in network input 'coord_features'");
  const options = new Fields(manifest.options, 'options');
  const encoding = options.object('encoding');
  let queries = 0;
  if (has('outputs', 'candidate_masks')) {
    const [, count] = shapeOf('outputs', 'candidate_masks', [1, 'any', 'any', 'any']);
    if (typeof count !== 'number')
      throw misfit(manifest, "a fixed number of masks in network output 'candidate_masks'");
    shapeOf('outputs', 'candidate_scores', [1, count, 2]);
    queries = count;
  }
  return {
    size:
      typeof height === 'number' && typeof width === 'number'
        ? { kind: 'fixed', size: { width, height } }
        : {
            kind: 'longest',
            zoomed: options.integer('longest', 1, 4096),
            whole: options.isNull('limit') ? null : options.integer('limit', 1),
          },
    encoding: { kind: encoding.choice('kind', ['disks', 'distances']), radius: encoding.number('radius', 0.1, 4096) },
    outside: options.choice('outsideClicks', ['keep', 'drop']),
    scaling: {
      ...(options.has('mean') ? { mean: triple(options, 'mean') } : {}),
      ...(options.has('std') ? { std: triple(options, 'std') } : {}),
    },
    maps,
    previous: channels === 3 ? 'channel' : has('inputs', 'prev_mask') ? 'input' : 'none',
    points,
    queries,
  };
}

function triple(options: Fields, key: 'mean' | 'std'): [number, number, number] {
  const value = options.raw[key];
  const usable = (item: unknown): item is number => typeof item === 'number' && (key === 'mean' || item > 0);
  if (!isListOf(value, usable) || value.length !== 3) throw options.wrong(key, 'three numbers');
  return [value[0], value[1], value[2]];
}
