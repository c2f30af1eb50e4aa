#!/usr/bin/env node
// Compares Clickmask with what clickmask_export.record (or record_encoders) wrote of the authors' predictor.
//
// node tools/export/compare.mjs MODEL_FOLDER RECORD_FOLDER GRABCUT_FOLDER
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
// Where the authors' code applies structural integrity, the manifest says how.
const postprocess = integrity ? {} : { structuralIntegrity: 'off' };
// What users would not want of the authors' zoom-in is done here as they do it.
const { zoomIn } = JSON.parse(await readFile(join(model, 'model.json'), 'utf8')).refinement;
const released = zoomIn === null ? refinement : { ...refinement, zoomIn: { whenEmpty: 'as-released' } };
const options = { refinement: released, postprocess, includeMap: true };
const total = { maps: 0, maxDiff: 0, minIou: 1, clicks: 0, sameClicks: 0, sequences: 0, sameSequences: 0, areas: 0 };
const times = [];
const outside = [];
const encodes = [];
for (const sample of samples) {
  // Where the authors encode a picture before the first click, so is it here.
  const prepare = msToEncode !== undefined;
  const picture = await readFile(join(dataset, 'data_GT', sample.name));
  const opened = performance.now();
  const image = await segmenter.open(picture, { prepare });
  encodes.push(performance.now() - opened);
  const stem = sample.name.replace(/\.[^.]+$/, '');
  const maskName = masks.find((name) => name.replace(/\.[^.]+$/, '') === stem);
  const truth = decodeGroundTruth(
    await decodeMaskFile(await readFile(join(dataset, 'boundary_GT', maskName))),
    'trimap',
  );
  const plane = sample.width * sample.height;
  const bytes = sample.maps === null ? null : await readFile(join(record, sample.maps));
  const given = [];
  let same = true;
  let previous = { width: sample.width, height: sample.height, data: new Uint8Array(plane) };
  const [x1, y1, x2, y2] = sample.box ?? [];
  for (const [i, made] of sample.clicks.entries()) {
    // The box alone comes first, where there is one.
    if (made !== null) {
      const [row, column, positive] = made;
      const own = nextClick(truth, previous, given);
      const click = { x: column + 0.5, y: row + 0.5, label: positive ? 'positive' : 'negative' };
      total.clicks += 1;
      if (own !== null && own.x === click.x && own.y === click.y && own.label === click.label) total.sameClicks += 1;
      else same = false;
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
    if (bytes === null) continue;
    const expected = new Float32Array(bytes.buffer, bytes.byteOffset + i * plane * 4, plane);
    // Logits are enlarged before they become probabilities.
    const { scale = 'probability', ...values } = map;
    const enlarged = readOnGrid(values, wholeRect(sample), sample, 'half-pixel');
    const found = scale === 'logit' ? sigmoid(enlarged) : enlarged;
    let both = 0;
    let either = 0;
    let worst = 0;
    for (let p = 0; p < plane; p++) {
      worst = Math.max(worst, Math.abs(expected[p] - found[p]));
      const a = expected[p] > threshold;
      const b = mask.data[p] === 1;
      if (a && b) both += 1;
      if (a || b) either += 1;
    }
    total.maps += 1;
    total.maxDiff = Math.max(total.maxDiff, worst);
    // With structural integrity, the authors' mask is less than what the map gives.
    if (!integrity) total.minIou = Math.min(total.minIou, either === 0 ? 1 : both / either);
    if (process.env.VERBOSE)
      process.stdout.write(
        `${sample.name} click ${i + 1}: diff ${worst.toExponential(2)} IoU ${(either === 0 ? 1 : both / either).toFixed(5)} area ${either}\n`,
      );
  }
  total.sequences += 1;
  if (same) total.sameSequences += 1;
  await image.close();
}
await segmenter.close();
const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
process.stdout.write(`maps compared            ${total.maps}
largest difference       ${total.maxDiff.toExponential(2)}
least IoU of masks       ${integrity ? '-' : total.minIou.toFixed(6)}
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
