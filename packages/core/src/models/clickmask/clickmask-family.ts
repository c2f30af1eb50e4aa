import { type Size, sameRect, wholeRect } from '../../geometry/index.js';
import { probabilitiesOf, resizeToTensor } from '../../image/index.js';
import { isSet, type MaskRuns } from '../../mask/index.js';
import { mirrorRows } from '../../refinement/index.js';
import type { InferenceSession, Tensor } from '../../runtime/backend.js';
import { declaredShape, declares, featureNames, fixedSize, misfit } from '../declared-shape.js';
import { clampScores, type EncodedFeatures, encoded } from '../encoded-features.js';
import type { DecodeInput, DecodeOutput, LoadedModel, ModelFamily } from '../family.js';
import { Fields, type ModelManifest } from '../manifest.js';
import { previousOnGrid } from '../previous-on-grid.js';
import { flatRegions, isMerePart } from './flat-region.js';

/**
 * Clickmask's own networks: an image encoder run once per region of interest, and a light decoder run per click.
 *
 * Encoder: `image` [1, 3, S, S], RGB from 0 to 1 in steps of 1/255 (mean and scale are in the graph) → any number of feature maps.
 * Decoder: those maps by the same names; `clicks` [1, N, 3] with x, y in input px and label 1 positive, 0 negative,
 * -1 padding, the first row the first click; `previous` [1, 1, s, s] probabilities → `logits` [1, K, s, s] and, where
 * K > 1, `scores` [1, K]. S, s and K are read from the manifest's shapes.
 *
 * Options: `candidate`, which of several the mask is unless the caller names one: `best` (by score, the default), or
 * `first` for networks that train the first for the whole prompt and the others as alternatives.
 */
export const clickmaskFamily: ModelFamily = {
  name: 'clickmask',
  summary: 'image encoder once per region, light decoder per click',
  graphs: ['encoder', 'decoder'],
  bytePicture: true,
  load,
};

/** Features with the {@link flatRegions} of the whole image, on the input's grid. A part of an image has none. */
interface ViewFeatures extends EncodedFeatures {
  readonly flat: readonly MaskRuns[];
}

function load(manifest: ModelManifest, sessions: Readonly<Record<string, InferenceSession>>): LoadedModel {
  const { encoder, decoder } = sessions;
  const input = fixedSize(manifest, 'encoder', 'image', 3);
  const grid = fixedSize(manifest, 'decoder', 'previous', 1);
  const expected = [1, 'any', grid.height, grid.width] as const;
  const [, count] = declaredShape(manifest, 'decoder', 'outputs', 'logits', expected);
  if (typeof count !== 'number') throw misfit(manifest, "a fixed number of candidates in decoder output 'logits'");
  const scored = declares(manifest, 'decoder', 'outputs', 'scores');
  if (count > 1 && !scored) throw misfit(manifest, "decoder output 'scores' beside several candidates");
  declaredShape(manifest, 'decoder', 'inputs', 'clicks', [1, 'any', 3]);
  const needed = featureNames(manifest, ['clicks', 'previous']);
  const options = new Fields(manifest.options, 'options');
  const first = options.has('candidate') && options.choice('candidate', ['best', 'first']) === 'first';
  // The grid covers the input evenly, so a cell's centre is a half-pixel position of the input.
  return {
    manifest,
    capabilities: { previousMask: true, box: false, candidates: count },

    enough: input,

    async encode(image, { roi, mirrored, zoomed }): Promise<ViewFeatures> {
      // Whole bytes, as in training. The result is then the same wherever the image is shrunk or sent.
      const data = resizeToTensor(image, roi, input, 'area', { wholeBytes: true });
      if (mirrored) mirrorRows(data, input.width);
      const shape = [1, 3, input.height, input.width];
      // Before the run, which may transfer the array.
      const flat = zoomed ? [] : flatRegions(data, input);
      const made = encoded(await encoder.run({ image: { type: 'float32', shape, data } }));
      const bytes = flat.reduce((sum, { rows, spans }) => sum + rows.byteLength + spans.byteLength, made.bytes);
      return { ...made, bytes, flat };
    },

    async decode(features, decodeInput): Promise<DecodeOutput> {
      const { tensors, flat } = features as ViewFeatures;
      const known = Object.fromEntries(needed.map((name) => [name, tensors[name]]));
      const clicks = clickTensor(decodeInput, input);
      const run = (previous: Tensor) => decoder.run({ ...known, clicks, previous });
      let result = await run(previousTensor(decodeInput, grid));
      const wanted = count * grid.width * grid.height;
      if (result.logits.data.length !== wanted) {
        throw misfit(manifest, `${wanted} logits, as its shape says, not ${result.logits.data.length}`);
      }
      if (flat.length > 0 && decodeInput.previous === null && decodeInput.clicks.length === 1) {
        const start = startFromFlat(flat, clicks, result.logits.data as Float32Array, grid);
        if (start !== null) result = await run(start);
      }
      const all = result.logits.data as Float32Array;
      if (decodeInput.mirrored) mirrorRows(all, grid.width);
      const plane = grid.width * grid.height;
      return {
        ...grid,
        logits: Array.from({ length: count }, (_, i) => all.subarray(i * plane, (i + 1) * plane)),
        scores: scored ? clampScores(result.scores.data as Float32Array) : null,
        ...(first ? { choice: 0 } : {}),
        filter: 'half-pixel',
        interpolate: 'logit',
      };
    },
  };
}

function clickTensor(input: DecodeInput, size: Size): Tensor & { readonly data: Float32Array } {
  const { roi, clicks, mirrored } = input;
  const rows = Math.max(1, clicks.length);
  const data = new Float32Array(rows * 3);
  if (clicks.length === 0) data[2] = -1;
  clicks.forEach((click, i) => {
    const x = ((click.x - roi.x) * size.width) / roi.width;
    data[3 * i] = mirrored ? size.width - x : x;
    data[3 * i + 1] = ((click.y - roi.y) * size.height) / roi.height;
    data[3 * i + 2] = click.label === 'positive' ? 1 : 0;
  });
  return { type: 'float32', shape: [1, rows, 3], data };
}

function previousTensor(input: DecodeInput, grid: Size): Tensor {
  const { roi, previous, mirrored } = input;
  // On the same grid and region, the network gets its own map back unchanged, as in training.
  const own = previous !== null && 'roi' in previous && sameGrid(previous, grid) && sameRect(previous.roi, roi);
  let data = own ? probabilitiesOf(previous) : previousOnGrid(previous, roi, grid, 'area');
  // Copies only what is changed, or what a backend would keep; logits are already in an array of their own.
  if (own && data === previous.data) data = data.slice();
  if (mirrored) mirrorRows(data, grid.width);
  return { type: 'float32', shape: [1, 1, grid.height, grid.width], data };
}

const sameGrid = (a: Size, b: Size) => a.width === b.width && a.height === b.height;

/**
 * If a first click gave only a part of a uniform region with sharp borders: that region, as a mask to start from. The
 * network has seen very few such regions, and may take the strip along the border for the object.
 */
function startFromFlat(
  regions: readonly MaskRuns[],
  { data: [x, y, label] }: { readonly data: Float32Array },
  logits: Float32Array,
  grid: Size,
): Tensor | null {
  const cell = (at: number, length: number) => Math.min(length - 1, Math.floor(at));
  const region = regions.find((one) => isSet(one, cell(x, one.width), cell(y, one.height)));
  if (region === undefined || label !== 1) return null;
  const data = previousOnGrid(region, wholeRect(region), grid, 'area');
  return isMerePart(logits, data) ? { type: 'float32', shape: [1, 1, grid.height, grid.width], data } : null;
}
