#!/usr/bin/env node
// Compares Clickmask with what clickmask_export.record (or record_encoders, record_focalclick) wrote of the authors'
// predictor.
//
// node tools/export/compare.mjs MODEL_FOLDER RECORD_FOLDER GRABCUT_FOLDER
//
// The authors' clicks are given to both. Clickmask's own next click, chosen from its own mask before, is compared with
// theirs; where it is another, a line says what made the difference.
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

// CLICKMASK_CORE may name another build.
const { createSegmenter, decodeGroundTruth, decodeMaskFile, nextClick, readOnGrid, sigmoid, wholeRect } = await import(
  process.env.CLICKMASK_CORE ?? '@clickmask/core/node'
);

const [model, record, dataset] = process.argv.slice(2);
if (dataset === undefined) {
  process.stderr.write('Usage: node tools/export/compare.mjs MODEL_FOLDER RECORD_FOLDER GRABCUT_FOLDER\n');
  process.exit(2);
}
const { samples, refinement, threshold, msPerClick, msToEncode, integrity } = JSON.parse(
  await readFile(join(record, 'record.json'), 'utf8'),
);
const threads = Number(process.env.THREADS ?? 2);
const segmenter = await createSegmenter({ model, workers: 0, threads });
const masks = await readdir(join(dataset, 'boundary_GT'));
// If the authors' code applies structural integrity, the manifest says how.
const postprocess = integrity ? {} : { structuralIntegrity: 'off' };
// Parts of the authors' zoom-in that users would not want are done here as they do it.
const { zoomIn } = JSON.parse(await readFile(join(model, 'model.json'), 'utf8')).refinement;
const released = zoomIn === null ? refinement : { ...refinement, zoomIn: { whenEmpty: 'as-released' } };
const options = { refinement: released, postprocess, includeMap: true };

const total = {
  maps: 0,
  maxDiff: 0,
  masks: 0,
  minIou: 1,
  pixels: 0,
  unlikePixels: 0,
  margin: 0,
  clicks: 0,
  sameClicks: 0,
  sequences: 0,
  sameSequences: 0,
  areas: 0,
};
const times = [];
const outside = [];
const encodes = [];

const stemOf = (name) => name.replace(/\.[^.]+$/, '');
const textOf = (click) => (click === null ? 'none' : `${click.label} ${Math.floor(click.x)},${Math.floor(click.y)}`);
const sameClick = (a, b) => a !== null && b !== null && a.x === b.x && a.y === b.y && a.label === b.label;

/** Probabilities at the image's pixels. */
function probabilitiesOf(map, size) {
  // Logits are enlarged before they become probabilities.
  const { scale = 'probability', ...values } = map;
  const enlarged = readOnGrid(values, wholeRect(size), size, 'half-pixel');
  return scale === 'logit' ? sigmoid(enlarged) : enlarged;
}

/** The difference of two masks, and how far from the threshold the probabilities of the differing pixels are. */
function compareMasks(theirs, own, expected) {
  let both = 0;
  let either = 0;
  let margin = 0;
  for (let p = 0; p < own.length; p++) {
    if (theirs[p] === 1 && own[p] === 1) both += 1;
    if (theirs[p] === 1 || own[p] === 1) either += 1;
    if (theirs[p] !== own[p] && expected) margin = Math.max(margin, Math.abs(expected[p] - threshold));
  }
  return { iou: either === 0 ? 1 : both / either, unlike: either - both, margin };
}

/** The authors' recorded answers to each click of a sample: probabilities and masks. */
async function keptAnswers(sample) {
  const plane = sample.width * sample.height;
  const maps = sample.maps === null ? null : await readFile(join(record, sample.maps));
  const kept = sample.masks === undefined ? null : await readFile(join(record, sample.masks));
  return (i) => {
    if (maps === null) return {};
    const map = new Float32Array(maps.buffer, maps.byteOffset + i * plane * 4, plane);
    const mask = kept
      ? kept.subarray(i * plane, (i + 1) * plane)
      : Uint8Array.from(map, (value) => +(value > threshold));
    return { map, mask };
  };
}

for (const sample of samples) {
  // If the authors encode an image before the first click, so does this script.
  const prepare = msToEncode !== undefined;
  const picture = await readFile(join(dataset, 'data_GT', sample.name));
  const opened = performance.now();
  const image = await segmenter.open(picture, { prepare });
  encodes.push(performance.now() - opened);
  const maskName = masks.find((name) => stemOf(name) === stemOf(sample.name));
  const truth = decodeGroundTruth(
    await decodeMaskFile(await readFile(join(dataset, 'boundary_GT', maskName))),
    'trimap',
  );
  const plane = sample.width * sample.height;
  const answerTo = await keptAnswers(sample);
  const given = [];
  const worst = { diff: 0, iou: 1, unlike: 0 };
  let same = true;
  let previous = { width: sample.width, height: sample.height, data: new Uint8Array(plane) };
  let unlikeBefore = { unlike: 0, margin: 0 };
  const [x1, y1, x2, y2] = sample.box ?? [];
  for (const [i, made] of sample.clicks.entries()) {
    // A box alone comes first, if there is one.
    if (made !== null) {
      const [row, column, positive] = made;
      const own = nextClick(truth, previous, given);
      const click = { x: column + 0.5, y: row + 0.5, label: positive ? 'positive' : 'negative' };
      total.clicks += 1;
      if (sameClick(own, click)) total.sameClicks += 1;
      else {
        same = false;
        const before = i > 0 ? answerTo(i - 1).mask : null;
        const theirMask = before ? nextClick(truth, { ...previous, data: before }, given) : null;
        const cause = !before
          ? ''
          : sameClick(theirMask, click)
            ? `; masks before differ in ${unlikeBefore.unlike} pixels, at most ${unlikeBefore.margin.toExponential(1)} from the threshold`
            : `; from the authors' mask Clickmask chooses ${textOf(theirMask)}`;
        process.stdout.write(
          `${sample.name} click ${i + 1}: authors ${textOf(click)}, Clickmask ${textOf(own)}${cause}\n`,
        );
      }
      given.push(click);
    }
    const prompt = { clicks: given, ...(sample.box ? { box: { x1, y1, x2, y2 } } : {}) };
    const started = performance.now();
    const { mask, map, area, timings } = await segmenter.segment(image, prompt, options);
    times.push(performance.now() - started);
    outside.push((timings.total - timings.network) / timings.total);
    previous = mask;
    const theirs = sample.areas[i];
    total.areas = Math.max(total.areas, Math.abs(area - theirs) / Math.max(1, area, theirs));
    const expected = answerTo(i);
    if (expected.map === undefined) continue;
    const found = probabilitiesOf(map, sample);
    let diff = 0;
    for (let p = 0; p < plane; p++) diff = Math.max(diff, Math.abs(expected.map[p] - found[p]));
    total.maps += 1;
    worst.diff = Math.max(worst.diff, diff);
    // With structural integrity, the authors' mask is smaller than what the map gives.
    if (integrity && sample.masks === undefined) continue;
    const { iou, unlike, margin } = compareMasks(expected.mask, mask.data, expected.map);
    unlikeBefore = { unlike, margin };
    total.masks += 1;
    total.pixels += plane;
    total.unlikePixels += unlike;
    total.margin = Math.max(total.margin, margin);
    worst.iou = Math.min(worst.iou, iou);
    worst.unlike += unlike;
    if (process.env.VERBOSE)
      process.stdout.write(
        `${sample.name} click ${i + 1}: diff ${diff.toExponential(2)} IoU ${iou.toFixed(5)} pixels unlike ${unlike} area ${theirs}\n`,
      );
  }
  total.sequences += 1;
  if (same) total.sameSequences += 1;
  total.maxDiff = Math.max(total.maxDiff, worst.diff);
  total.minIou = Math.min(total.minIou, worst.iou);
  process.stdout.write(
    `${total.sequences} of ${samples.length}: ${sample.name}, ${sample.clicks.length} clicks, difference ${worst.diff.toExponential(2)}, IoU ${worst.iou.toFixed(6)}, pixels unlike ${worst.unlike}, clicks ${same ? 'alike' : 'NOT alike'}\n`,
  );
  await image.close();
}
await segmenter.close();
const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
process.stdout.write(`images                 ${total.sequences}
maps compared            ${total.maps}
largest difference       ${total.maxDiff.toExponential(2)}
masks compared           ${total.masks}
least IoU of masks       ${total.masks === 0 ? '-' : total.minIou.toFixed(6)}
pixels unlike            ${total.unlikePixels} of ${total.pixels}, at most ${total.margin.toExponential(1)} from the threshold
largest area difference  ${(total.areas * 100).toFixed(4)} %
clicks chosen alike      ${total.sameClicks} of ${total.clicks} (${total.sameSequences} of ${total.sequences} sequences whole)
${
  msToEncode === undefined
    ? ''
    : `ms to open and encode    ${median(encodes).toFixed(0)}, authors' to encode ${msToEncode.toFixed(0)} (ratio ${(median(encodes) / msToEncode).toFixed(2)})
`
}ms a click               ${median(times).toFixed(0)}, authors' ${msPerClick.toFixed(0)} (ratio ${(median(times) / msPerClick).toFixed(2)})
outside the network      ${(median(outside) * 100).toFixed(1)} % of a click
`);
