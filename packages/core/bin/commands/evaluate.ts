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
import {
  type Command,
  choiceOption,
  createProgress,
  onePositional,
  parse,
  printJson,
  wholeOption,
} from '../command.js';
import { openEvaluationFolder } from '../evaluation-files.js';
import { holesOption, modelHelp, modelOptions, openSegmenter, refinementOf } from '../model-options.js';

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
  --fill-holes N|N%      fills holes of up to N pixels, or N per cent of the mask, but for those with a negative click;
                         0: none (default: the model's)
  --start sp|stm         davis-585: correct its starting masks, from super-pixels or a tracker (default: from nothing)
  --out DIR              keeps the result of every sample in DIR/samples.jsonl and the figures in DIR/report.json; run
                         again, it goes on where it was broken off
  --json                 JSON instead of a table
${modelHelp}
JSON: samples, noc and nof by IoU ("0.80" ... "0.95"), miou after 1, 2, ... clicks, secondsPerClick.

Examples:
  clickmask evaluate ./GrabCut --layout grabcut
  clickmask evaluate ./DAVIS --layout davis --cfr 1 --limit 20 --json
  clickmask evaluate ./DAVIS585 --layout davis-585 --start sp --out results/sp
  clickmask compare results/a results/b --out comparison.html
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
      start: { type: 'string' },
      out: { type: 'string' },
      'no-sis': { type: 'boolean' },
      'fill-holes': { type: 'string' },
      json: { type: 'boolean' },
    });
    const folder = onePositional(positionals, 'the folder of one data set');
    const layout = choiceOption('layout', values.layout ?? 'grabcut', layouts) as DatasetLayoutName;
    const limit = wholeOption('limit', values.limit, 1);
    const maxClicks = wholeOption('max-clicks', values['max-clicks'], 1, 200) ?? 20;
    const start = (choiceOption('start', values.start, ['sp', 'stm']) ?? 'none') as StartingMasks;
    const refinement = refinementOf(values);
    const holes = holesOption(values['fill-holes']);
    const segmenter = await openSegmenter(values);
    const progress = createProgress();
    const source: FileSource = {
      list: (name) => readdir(join(folder, name)),
      read: (path) => readFile(join(folder, path)),
    };
    try {
      const postprocess = {
        ...(values['no-sis'] === true ? { structuralIntegrity: 'off' as const } : {}),
        ...(holes === undefined ? {} : { fillHoles: holes }),
      };
      const { model } = segmenter.info;
      const settings = { model, layout, start, maxClicks, refinement, postprocess };
      const kept = values.out === undefined ? null : await openEvaluationFolder(values.out, settings);
      if (kept !== null && kept.known.size > 0) {
        process.stderr.write(`Going on with ${values.out}: ${kept.known.size} samples are done.\n`);
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
            progress.show(`${index + 1} ${name}: IoU ${last.toFixed(3)} after ${result.clicks.length} clicks`);
            await kept?.add(name, result);
          },
        },
      );
      progress.clear();
      await kept?.finish({ ...report, model, layout, settings: describeSettings(values, start) } satisfies NamedReport);
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

/** What was set besides the model, for the comparison page. */
function describeSettings(values: Readonly<Record<string, unknown>>, start: StartingMasks): string {
  const said = ['cfr', 'cfr-clicks', 'zoom', 'merge'].flatMap((name) =>
    values[name] === undefined ? [] : [`${name} ${values[name]}`],
  );
  if (values.flip === true) said.push('flip');
  if (values['no-sis'] === true) said.push('no structural integrity');
  if (start !== 'none') said.push(`from ${start} masks`);
  return said.join(', ');
}
