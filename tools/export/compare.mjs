#!/usr/bin/env node
// Compares Clickmask with what clickmask_export.record wrote of the authors' predictor.
//
// node tools/export/compare.mjs MODEL_FOLDER RECORD_FOLDER GRABCUT_FOLDER
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

// CLICKMASK_CORE may name another build.
const { createSegmenter, decodeGroundTruth, decodeMaskFile, nextClick, readOnGrid, wholeRect } = await import(
  process.env.CLICKMASK_CORE ?? '@clickmask/core/node'
);

const [model, record, dataset] = process.argv.slice(2);
if (dataset === undefined) {
  process.stderr.write('Usage: node tools/export/compare.mjs MODEL_FOLDER RECORD_FOLDER GRABCUT_FOLDER\n');
  process.exit(2);
}
const { samples, refinement, threshold, msPerClick } = JSON.parse(await readFile(join(record, 'record.json'), 'utf8'));
const segmenter = await createSegmenter({ model, workers: 0, threads: 2 });
const masks = await readdir(join(dataset, 'boundary_GT'));
const options = { refinement, postprocess: { structuralIntegrity: 'off' }, includeMap: true };
const total = { maps: 0, maxDiff: 0, minIou: 1, clicks: 0, sameClicks: 0, sequences: 0, sameSequences: 0 };
const times = [];
const outside = [];
for (const sample of samples) {
  const image = await segmenter.open(await readFile(join(dataset, 'data_GT', sample.name)));
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
  for (const [i, [row, column, positive]] of sample.clicks.entries()) {
    const own = nextClick(truth, previous, given);
    const click = { x: column + 0.5, y: row + 0.5, label: positive ? 'positive' : 'negative' };
    total.clicks += 1;
    if (own !== null && own.x === click.x && own.y === click.y && own.label === click.label) total.sameClicks += 1;
    else same = false;
    given.push(click);
    const started = performance.now();
    const { mask, map, timings } = await segmenter.segment(image, { clicks: given }, options);
    times.push(performance.now() - started);
    outside.push((timings.total - timings.network) / timings.total);
    previous = mask;
    if (bytes === null) continue;
    const expected = new Float32Array(bytes.buffer, bytes.byteOffset + i * plane * 4, plane);
    const found = readOnGrid(map, wholeRect(sample), sample, 'half-pixel');
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
    total.minIou = Math.min(total.minIou, either === 0 ? 1 : both / either);
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
least IoU of masks       ${total.minIou.toFixed(6)}
clicks chosen alike      ${total.sameClicks} of ${total.clicks} (${total.sameSequences} of ${total.sequences} sequences whole)
ms a click               ${median(times).toFixed(0)}, authors' ${msPerClick.toFixed(0)} (ratio ${(median(times) / msPerClick).toFixed(2)})
outside the network      ${(median(outside) * 100).toFixed(1)} % of a click
`);
