import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isNamedReport } from '../../src/evaluation/comparison-report.js';
import { comparisonReport, type NamedReport } from '../../src/evaluation.js';
import { defineCommand, UsageError } from '../../src/runtime/node/command-line/index.js';

export const compare = defineCommand({
  name: 'compare',
  summary: 'Writes a page that compares evaluations: mean IoU against clicks, NoC and NoF, and published figures.',
  about: `Each argument is a folder of 'clickmask evaluate --out DIR'. The page is one HTML file that loads nothing.`,
  args: {
    usage: '<dir|report.json>...',
    expected: "at least one folder that 'clickmask evaluate --out' wrote",
    min: 1,
    max: Infinity,
  },
  options: {
    out: { type: 'text', value: 'FILE', default: 'comparison.html', help: 'File to write.' },
    title: { type: 'text', value: 'TEXT', help: 'Heading of the page.' },
  },
  examples: [
    'clickmask evaluate ./GrabCut --out results/small',
    'clickmask evaluate ./GrabCut --model ritm-hrnet18s --out results/ritm',
    'clickmask compare results/small results/ritm --out comparison.html',
  ],
  async run({ values: { out, title }, args }, terminal) {
    const reports = await Promise.all(args.map(readReport));
    await writeFile(out, comparisonReport(reports, title));
    terminal.out(`${out}\n`);
    return 0;
  },
});

async function readReport(path: string): Promise<NamedReport> {
  const folder = await stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
  const file = folder ? join(path, 'report.json') : path;
  let report: unknown;
  try {
    report = JSON.parse(await readFile(file, 'utf8'));
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new UsageError(`Expected a report of 'clickmask evaluate --out' in ${file} but could not read it: ${why}`);
  }
  if (isNamedReport(report)) return report;
  throw new UsageError(`Expected a report of 'clickmask evaluate --out' in ${file} but found something else.`);
}
