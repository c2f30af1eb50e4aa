import { clickPixel } from '../../clicks/index.js';
import type { Rect, Size } from '../../geometry/index.js';
import { type MapPatch, type ProbabilityMap, resizeToTensor } from '../../image/index.js';
import type { MaskRuns } from '../../mask/index.js';
import { mirrorRows } from '../../refinement/index.js';
import type { InferenceSession, Tensor } from '../../runtime/backend.js';
import { declaredShape, squareSide } from '../declared-shape.js';
import type { DecodeInput, DecodeOutput, Features, Focus, LoadedModel, ModelFamily } from '../family.js';
import { Fields, type ModelManifest } from '../manifest.js';
import { previousOnGrid } from '../previous-on-grid.js';
import { clickMaps } from './click-maps.js';
import { focusRegion } from './focus-region.js';

/** The resampled region. Whole networks run on every pass. */
interface RegionFeatures extends Features {
  readonly image: Tensor;
}

/**
 * FocalClick: a coarse pass over the object's surroundings, then a second look at what the last click is about, whose
 * answer is pasted over the coarse one.
 *
 * Both graphs take squares of one side S, RGB from 0 to 1 (mean and scale are in the graph, where there are any).
 * - `coarse`: `image` [1, 3, S, S], `coord_features` [1, 3, S, S] with previous probabilities, positive and negative
 *   disks → `logits` [1, 1, S, S], `feature` [1, C, h, w]
 * - `refine`: `image` [1, 3, S, S] of the focus, `click_maps` [1, 2, S, S], the coarse `logits` and `feature`, and
 *   `focus_box` [1, 4], the focus in input px of the coarse pass: left, top, right, bottom → `refined_logits`
 *   [1, 1, S, S]
 *
 * Options:
 * - `radius`: of the coarse pass's disks, in input px
 * - `refineRadius`: of the second look's disks; default 5
 * - `focusExpansion`: the focus, relative to what it is to hold; default 1.4
 * - `focusThreshold`: probability above which the coarse answer counts as object when the focus is chosen; default
 *   0.6201, since the released code compares logits with 0.49
 * - `previousThreshold`: the same for the mask before; default 0.49
 * - `localAfter`: after more clicks than this, only the focus is taken from the new answer and all else stays as it
 *   was; default 10, null for never
 */
export const focalclickFamily: ModelFamily = {
  name: 'focalclick',
  summary: 'FocalClick: a coarse pass, and a second look at what the last click is about',
  graphs: ['coarse', 'refine'],
  load,
};

interface FocalOptions {
  readonly radius: number;
  readonly refineRadius: number;
  readonly focusExpansion: number;
  readonly focusThreshold: number;
  readonly previousThreshold: number;
  readonly localAfter: number;
}

function load(manifest: ModelManifest, sessions: Readonly<Record<string, InferenceSession>>): LoadedModel {
  const { coarse, refine } = sessions;
  const side = checkGraphs(manifest);
  const options = readOptions(manifest, side);
  const grid: Size = { width: side, height: side };
  const plane = side * side;
  const tensor = (data: Float32Array, channels: number): Tensor => {
    return { type: 'float32', shape: [1, channels, side, side], data };
  };

  const focusOf = (
    map: ProbabilityMap,
    cut: (map: ProbabilityMap, probability: number) => MaskRuns,
    input: DecodeInput,
    { logits, feature }: Readonly<Record<string, Tensor>>,
  ): Focus | null => {
    const { image, clicks, previous } = input;
    const last = clicks.at(-1);
    if (last === undefined) return null;
    const object = cut(map, options.focusThreshold);
    const before = previous === null || 'spans' in previous ? previous : cut(previous, options.previousThreshold);
    const roi = focusRegion(object, before, clickPixel(last, image), input.roi, options.focusExpansion);
    if (roi === null) return null;
    return {
      roi,
      over: clicks.length > options.localAfter ? 'previous' : 'map',
      async refine(features): Promise<Omit<MapPatch, 'roi'>> {
        const maps = clickMaps(clicks, { roi, mirrored: false }, grid, options.refineRadius);
        const { refined_logits } = await refine.run({
          image: (features as RegionFeatures).image,
          click_maps: tensor(maps, 2),
          logits,
          feature,
          focus_box: { type: 'float32', shape: [1, 4], data: boxInInput(roi, input.roi, side) },
        });
        return { ...grid, data: refined_logits.data as Float32Array, scale: 'logit', filter: 'align-corners' };
      },
    };
  };

  return {
    manifest,
    capabilities: { previousMask: true, box: false, candidates: 1 },

    async encode(image, { roi, mirrored }): Promise<RegionFeatures> {
      const data = resizeToTensor(image, roi, grid, 'align-corners');
      if (mirrored) mirrorRows(data, side);
      return { bytes: data.byteLength, image: tensor(data, 3) };
    },

    async decode(features, input): Promise<DecodeOutput> {
      const data = new Float32Array(3 * plane);
      const previous = previousOnGrid(input.previous, input.roi, grid, 'align-corners');
      if (input.mirrored) mirrorRows(previous, side);
      data.set(previous);
      data.set(clickMaps(input.clicks, input, grid, options.radius), plane);
      const { image } = features as RegionFeatures;
      const result = await coarse.run({ image, coord_features: tensor(data, 3) });
      const logits = result.logits.data as Float32Array;
      if (input.mirrored) mirrorRows(logits, side);
      return {
        ...grid,
        logits: [logits],
        scores: null,
        filter: 'align-corners',
        interpolate: 'probability',
        // The second look sees the unmirrored image, even if the coarse answer is averaged with its mirror image.
        ...(input.mirrored ? {} : { focus: (map, cut) => focusOf(map, cut, input, result) }),
      };
    },
  };
}

/** The focus on the coarse pass's grid: left, top, right, bottom. */
function boxInInput(focus: Rect, roi: Rect, side: number): Float32Array {
  const x = (column: number) => Math.min(side, Math.max(0, (column - roi.x) * (side / roi.width)));
  const y = (row: number) => Math.min(side, Math.max(0, (row - roi.y) * (side / roi.height)));
  return Float32Array.of(x(focus.x), y(focus.y), x(focus.x + focus.width), y(focus.y + focus.height));
}

/** @returns the side of the square inputs, in px */
function checkGraphs(manifest: ModelManifest): number {
  const shapeOf = (graph: string, kind: 'inputs' | 'outputs', name: string, shape: readonly (number | 'any')[]) =>
    declaredShape(manifest, graph, kind, name, shape);
  const side = squareSide(manifest, 'coarse');
  shapeOf('coarse', 'inputs', 'coord_features', [1, 3, side, side]);
  shapeOf('coarse', 'outputs', 'logits', [1, 1, side, side]);
  const [, channels, rows, columns] = shapeOf('coarse', 'outputs', 'feature', [1, 'any', 'any', 'any']);
  shapeOf('refine', 'inputs', 'image', [1, 3, side, side]);
  shapeOf('refine', 'inputs', 'click_maps', [1, 2, side, side]);
  shapeOf('refine', 'inputs', 'logits', [1, 1, side, side]);
  const open = (size: number | string) => (typeof size === 'number' ? size : 'any');
  shapeOf('refine', 'inputs', 'feature', [1, open(channels), open(rows), open(columns)]);
  shapeOf('refine', 'inputs', 'focus_box', [1, 4]);
  shapeOf('refine', 'outputs', 'refined_logits', [1, 1, side, side]);
  return side;
}

function readOptions(manifest: ModelManifest, side: number): FocalOptions {
  const fields = new Fields(manifest.options, 'options');
  const number = (key: keyof FocalOptions, least: number, most: number, otherwise: number) =>
    fields.has(key) ? fields.number(key, least, most) : otherwise;
  return {
    radius: fields.number('radius', 0.1, side),
    refineRadius: number('refineRadius', 0.1, side, 5),
    focusExpansion: number('focusExpansion', 1, 10, 1.4),
    focusThreshold: number('focusThreshold', 0, 1, 1 / (1 + Math.exp(-0.49))),
    previousThreshold: number('previousThreshold', 0, 1, 0.49),
    localAfter: fields.isNull('localAfter')
      ? Number.POSITIVE_INFINITY
      : fields.has('localAfter')
        ? fields.integer('localAfter', 0)
        : 10,
  };
}
