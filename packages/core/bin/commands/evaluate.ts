import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type DatasetLayoutName,
  datasetLayouts,
  evaluateDataset,
  type FileSource,
  type NamedReport,
  readDataset,
  type StartingMasks,
} from '../../src/evaluation.js';
import { decodeMaskFile } from '../../src/node.js';
import { defineCommand } from '../../src/runtime/node/command-line/index.js';
import { openEvaluationFolder } from '../evaluation-files.js';
import { formatJson } from '../json.js';
import { cleanUpOf, cleanUpOptions, modelOptions, openSegmenter, refinementOf } from '../model-options.js';

const layouts = Object.keys(datasetLayouts) as DatasetLayoutName[];

export const evaluate = defineCommand({
  name: 'evaluate',
  summary: 'Measures a model by the NoC protocol: simulated clicks needed to reach an IoU.',
  about: `Each click falls on the middle of the largest error, as in RITM and later work. Ignored pixels do not count. A sample that
never reaches the IoU counts with the greatest number of clicks.`,
  args: { usage: '<dir>', expected: 'the folder of one data set', min: 1, max: 1 },
  options: {
    layout: {
      type: 'text',
      value: 'NAME',
      choices: layouts,
      default: 'grabcut',
      help: 'Layout of the data set, see below:',
    },
    'max-clicks': { type: 'whole', min: 1, max: 200, default: 20, help: 'Maximum clicks per object.' },
    limit: { type: 'whole', min: 1, help: 'Only the first N samples.' },
    ...cleanUpOptions,
    start: {
      type: 'text',
      choices: ['sp', 'stm'],
      help: 'davis-585: corrects its starting masks, from super-pixels (sp) or a tracker (stm). Default: no starting mask.',
    },
    out: {
      type: 'text',
      value: 'DIR',
      help: 'Keeps the result of every sample in DIR/samples.jsonl and the figures in DIR/report.json. A second run goes on from there.',
    },
    json: { type: 'switch', help: 'JSON instead of a table.' },
    ...modelOptions,
  },
  notes: `Layouts:
${layouts.map((name) => `  ${name.padEnd(12)}${datasetLayouts[name].images}/, ${datasetLayouts[name].masks}/`).join('\n')}

JSON: samples, noc and nof by IoU ("0.80" ... "0.95"), miou after 1, 2, ... clicks, secondsPerClick.`,
  examples: [
    'clickmask evaluate ./GrabCut --layout grabcut',
    'clickmask evaluate ./DAVIS --layout davis --cfr 1 --limit 20 --json',
    'clickmask evaluate ./DAVIS585 --layout davis-585 --start sp --out results/sp',
    'clickmask compare results/a results/b --out comparison.html',
  ],
  async run({ values, args: [folder] }, terminal) {
    const { layout, limit, start = 'none' } = values;
    const maxClicks = values['max-clicks'];
    const refinement = refinementOf(values);
    const postprocess = cleanUpOf(values);
    const segmenter = await openSegmenter(values, terminal);
    const source: FileSource = {
      list: (name) => readdir(join(folder, name)),
      read: (path) => readFile(join(folder, path)),
    };
    try {
      const { model } = segmenter.info;
      const settings = { model, layout, start, maxClicks, refinement, postprocess };
      const kept = values.out === undefined ? null : await openEvaluationFolder(values.out, settings);
      if (kept !== null && kept.known.size > 0) {
        terminal.err(`Going on with ${values.out}: ${kept.known.size} samples are done.\n`);
      }
      const report = await evaluateDataset(
        readDataset(source, layout, decodeMaskFile, { limit, start }),
        async ({ image: bytes, start: mask }) => {
          const image = await segmenter.open(bytes);
          return {
            predict: async (clicks) =>
              (await segmenter.segment(image, { clicks, mask }, { refinement, postprocess })).runs,
            close: () => image.close(),
          };
        },
        {
          maxClicks,
          known: kept?.known,
          onSample: async (name, result, index) => {
            const last = result.ious.at(-1) ?? 0;
            terminal.status(`${index + 1} ${name}: IoU ${last.toFixed(3)} after ${result.clicks.length} clicks`);
            await kept?.add(name, result);
          },
        },
      );
      terminal.status('');
      await kept?.finish({ ...report, model, layout, settings: describeSettings(values, start) } satisfies NamedReport);
      if (values.json) {
        terminal.out(formatJson({ model: segmenter.info.model, provider: segmenter.info.provider, ...report }));
        return 0;
      }
      const lines = [
        `${segmenter.info.model} on ${segmenter.info.provider}: ${report.samples} samples, at most ${maxClicks} clicks`,
        '',
        'IoU      NoC   NoF',
        ...Object.entries(report.noc).map(
          ([name, noc]) =>
            `${name}  ${noc.toFixed(2).padStart(6)}  ${String(report.nof[name as keyof typeof report.nof]).padStart(4)}`,
        ),
        '',
        `mIoU after ${[1, 2, 3, 5, 10, 20]
          .filter((n) => n <= report.miou.length)
          .map((n) => `${n}: ${report.miou[n - 1].toFixed(3)}`)
          .join('   ')}`,
        `${(report.secondsPerClick * 1000).toFixed(0)} ms per click, loading and click simulation included`,
      ];
      terminal.out(`${lines.join('\n')}\n`);
      return 0;
    } finally {
      terminal.status('');
      await segmenter.close();
    }
  },
});

/** The settings besides the model, for the comparison page. */
function describeSettings(values: Readonly<Record<string, unknown>>, start: StartingMasks): string {
  const said = ['cfr', 'cfr-clicks', 'zoom', 'merge'].flatMap((name) =>
    values[name] === undefined ? [] : [`${name} ${values[name]}`],
  );
  if (values.flip === true) said.push('flip');
  if (values['no-sis'] === true) said.push('no structural integrity');
  if (start !== 'none') said.push(`from ${start} masks`);
  return said.join(', ');
}
