import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type DatasetLayoutName,
  datasetLayouts,
  decodeMaskFile,
  evaluateDataset,
  type FileSource,
  readDataset,
} from '../../src/node.js';
import {
  type Command,
  choiceOption,
  createProgress,
  onePositional,
  parse,
  printJson,
  wholeOption,
} from '../command.js';
import { modelHelp, modelOptions, openSegmenter, refinementOf } from '../model-options.js';

const layouts = Object.keys(datasetLayouts) as DatasetLayoutName[];

const help = `Measures a model by the NoC protocol: how many simulated clicks reach a given IoU.

Usage: clickmask evaluate <dir> --layout ${layouts.join('|')} [options]

The next click falls on the middle of the largest error, as in RITM and all that follow it; ignored pixels count for
nothing; a sample that never reaches the IoU counts with the greatest number of clicks.

Options:
  --layout NAME          how the data set lies in its folder (default grabcut):
${layouts.map((name) => `                         ${name}: ${datasetLayouts[name].images}/, ${datasetLayouts[name].masks}/`).join('\n')}
  --max-clicks N         clicks per object at most (default 20)
  --limit N              only the first N samples
  --no-sis               without structural integrity: parts that hold no positive click stay
  --json                 JSON instead of a table
${modelHelp}
JSON: samples, noc and nof by IoU ("0.80" ... "0.95"), miou after 1, 2, ... clicks, secondsPerClick.

Examples:
  clickmask evaluate ./GrabCut --layout grabcut
  clickmask evaluate ./DAVIS --layout davis --cfr 1 --limit 20 --json
`;

export const evaluate: Command = {
  name: 'evaluate',
  summary: 'measures a model on a data set: clicks needed, failures, IoU per click',
  help,
  async run(args) {
    const { values, positionals } = parse(args, {
      ...modelOptions,
      layout: { type: 'string' },
      'max-clicks': { type: 'string' },
      limit: { type: 'string' },
      'no-sis': { type: 'boolean' },
      json: { type: 'boolean' },
    });
    const folder = onePositional(positionals, 'the folder of one data set');
    const layout = choiceOption('layout', values.layout ?? 'grabcut', layouts) as DatasetLayoutName;
    const limit = wholeOption('limit', values.limit, 1);
    const maxClicks = wholeOption('max-clicks', values['max-clicks'], 1, 200) ?? 20;
    const refinement = refinementOf(values);
    const segmenter = await openSegmenter(values);
    const progress = createProgress();
    const source: FileSource = {
      list: (name) => readdir(join(folder, name)),
      read: (path) => readFile(join(folder, path)),
    };
    try {
      const postprocess = values['no-sis'] === true ? { structuralIntegrity: 'off' as const } : {};
      const report = await evaluateDataset(
        readDataset(source, layout, decodeMaskFile, { limit }),
        async ({ image: bytes }) => {
          const image = await segmenter.open(bytes);
          return {
            predict: async (clicks) => (await segmenter.segment(image, { clicks }, { refinement, postprocess })).runs,
            close: () => image.close(),
          };
        },
        {
          maxClicks,
          onSample: (name, result, index) => {
            const last = result.ious.at(-1) ?? 0;
            progress.show(`${index + 1} ${name}: IoU ${last.toFixed(3)} after ${result.clicks.length} clicks`);
          },
        },
      );
      progress.clear();
      if (values.json === true) {
        printJson({ model: segmenter.info.model, provider: segmenter.info.provider, ...report });
        return;
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
      process.stdout.write(`${lines.join('\n')}\n`);
    } finally {
      progress.clear();
      await segmenter.close();
    }
  },
};
