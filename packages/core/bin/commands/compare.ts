import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isNamedReport } from '../../src/evaluation/comparison-report.js';
import { comparisonReport, type NamedReport } from '../../src/evaluation.js';
import { BadUse, type Command, parse } from '../command.js';

const help = `Writes a page that compares evaluations: mean IoU against clicks, NoC and NoF, and published figures.

Usage: clickmask compare <dir|report.json>... [--out FILE] [--title TEXT]

Each argument is what 'clickmask evaluate --out DIR' wrote. The page is one HTML file that loads nothing.

Options:
  --out FILE     where the page goes (default comparison.html)
  --title TEXT   its heading

Examples:
  clickmask evaluate ./GrabCut --out results/small
  clickmask evaluate ./GrabCut --model ritm-hrnet18s --out results/ritm
  clickmask compare results/small results/ritm --out comparison.html
`;

export const compare: Command = {
  name: 'compare',
  summary: 'writes a page that compares evaluations with each other and with published figures',
  help,
  async run(args) {
    const { values, positionals } = parse(args, { out: { type: 'string' }, title: { type: 'string' } });
    if (positionals.length === 0)
      throw new BadUse("Expected at least one folder that 'clickmask evaluate --out' wrote.");
    const reports = await Promise.all(positionals.map(readReport));
    const out = values.out ?? 'comparison.html';
    await writeFile(out, comparisonReport(reports, values.title));
    process.stdout.write(`${out}\n`);
    return undefined;
  },
};

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
    throw new BadUse(`Expected a report of 'clickmask evaluate --out' in ${file} but could not read it: ${why}`);
  }
  if (isNamedReport(report)) return report;
  throw new BadUse(`Expected a report of 'clickmask evaluate --out' in ${file} but found something else.`);
}
