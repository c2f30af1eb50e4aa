import { unexpected } from '../errors/index.js';
import type { DatasetLayoutName } from './datasets.js';
import type { EvaluationReport } from './metrics.js';
import { iouThresholds, thresholdName } from './noc.js';
import { type PublishedResult, publishedResults } from './published.js';

/** One evaluation, with a name for people. */
export interface NamedReport extends EvaluationReport {
  readonly model: string;
  readonly layout: DatasetLayoutName;
  /** The settings besides the model, in a few words. */
  readonly settings?: string;
}

const datasetNames: Readonly<Record<DatasetLayoutName, PublishedResult['dataset']>> = {
  grabcut: 'GrabCut',
  berkeley: 'Berkeley',
  davis: 'DAVIS',
  'coco-mval': 'COCO-MVal',
  'davis-585': 'DAVIS-585',
  sbd: 'SBD',
  voc: 'VOC',
};

// Each line also has its own dashes, for people with colour blindness.
const colours = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#56b4e9', '#e69f00', '#000000'];
const publishedThresholds = ['0.85', '0.90', '0.95'] as const;

const dashes = ['', '6 3', '2 3', '8 3 2 3', '12 4'];

/**
 * A page that compares evaluations. For each data set it has a plot of the mean IoU over clicks, a table of NoC and
 * NoF, and published figures of others, marked as such. It is one HTML file that loads nothing.
 *
 * @throws ClickmaskError `bad-option` without reports, or for values that are not reports
 *
 * @example
 * ```ts
 * import { comparisonReport, summarizeResults } from '@clickmask/core/evaluation';
 *
 * const click = { x: 1, y: 1, label: 'positive' } as const;
 * const report = summarizeResults([{ ious: [0.5, 0.92], clicks: [click, click], seconds: 1 }]);
 * const html = comparisonReport([{ ...report, model: 'mine 1.0', layout: 'grabcut' }]);
 * console.log(html.startsWith('<!doctype html>'), html.includes('<svg'), html.includes('published')); // true true true
 * ```
 */
export function comparisonReport(reports: readonly NamedReport[], title = 'Clicks to masks'): string {
  if (reports.length === 0) throw unexpected('bad-option', 'reports', 'at least one evaluation', 'none');
  const wrong = reports.findIndex((report) => !isNamedReport(report));
  if (wrong >= 0) throw unexpected('bad-option', `reports[${wrong}]`, 'what an evaluation gives', reports[wrong]);
  const layouts = [...new Set(reports.map((report) => report.layout))];
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeText(title)}</title>
<style>
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 70rem; padding: 0 1rem; color: #1a1a1a; background: #fff; }
table { border-collapse: collapse; margin: 1rem 0; font-variant-numeric: tabular-nums; }
th, td { padding: .25rem .7rem; text-align: right; border-bottom: 1px solid #ddd; }
th:first-child, td:first-child, .published td:nth-child(-n+3) { text-align: left; }
.published { color: #595959; font-style: italic; }
svg { max-width: 100%; height: auto; }
svg text { font: 13px system-ui, sans-serif; fill: #333; }
</style>
<h1>${escapeText(title)}</h1>
${layouts
  .map((name) =>
    section(
      name,
      reports.filter((report) => report.layout === name),
    ),
  )
  .join('\n')}
<p>NoC: mean number of simulated clicks to an IoU, lower is better; a sample that never reaches it counts with the greatest
number of clicks. NoF: samples whose NoC is that number. Published figures are from their authors' own code and machines.</p>
</html>
`;
}

/** Whether a value from a file is an evaluation whose figures are all numbers. */
export function isNamedReport(value: unknown): value is NamedReport {
  if (typeof value !== 'object' || value === null) return false;
  const { model, layout, settings = '', noc, nof, miou, samples, secondsPerClick } = value as Partial<NamedReport>;
  const figures = [noc, nof].flatMap((table) => iouThresholds.map((iou) => table?.[thresholdName(iou)]));
  return (
    typeof model === 'string' &&
    typeof settings === 'string' &&
    typeof layout === 'string' &&
    Object.hasOwn(datasetNames, layout) &&
    Array.isArray(miou) &&
    [...figures, ...miou, samples, secondsPerClick].every(Number.isFinite)
  );
}

function section(layout: DatasetLayoutName, reports: readonly NamedReport[]): string {
  const dataset = datasetNames[layout];
  const thresholds = iouThresholds.map(thresholdName);
  const measured = reports.map((report) => {
    const cells = thresholds.map((name) => `<td>${report.noc[name].toFixed(2)}</td>`).join('');
    const failures = thresholds.map((name) => `<td>${report.nof[name]}</td>`).join('');
    const time = `<td>${(report.secondsPerClick * 1000).toFixed(0)}</td>`;
    return `<tr><td>${escapeText(label(report))}</td><td>${report.samples}</td>${cells}${failures}${time}</tr>`;
  });
  const published = publishedResults
    .filter((result) => result.dataset === dataset)
    .map(({ model, training, source, noc }) => {
      const cells = publishedThresholds.map((name) => `<td>${noc[name]?.toFixed(2) ?? '–'}</td>`).join('');
      const words = [model, training, source].map((text) => `<td>${escapeText(text)}</td>`).join('');
      return `<tr class="published">${words}${cells}</tr>`;
    });
  const publishedHeads = publishedThresholds.map((name) => `<th>NoC@${name.slice(2)}</th>`).join('');
  const heads = thresholds.map((name) => `<th>NoC@${name.slice(2)}</th>`).join('');
  const failureHeads = thresholds.map((name) => `<th>NoF@${name.slice(2)}</th>`).join('');
  return `<h2>${dataset}</h2>
${plot(reports)}
<table>
<thead><tr><th>model</th><th>samples</th>${heads}${failureHeads}<th>ms a click</th></tr></thead>
<tbody>
${measured.join('\n')}
</tbody>
</table>
<h3>Published, not measured here</h3>
<table>
<thead><tr><th>model</th><th>trained on</th><th>stated in</th>${publishedHeads}</tr></thead>
<tbody>
${published.join('\n')}
</tbody>
</table>`;
}

/** Mean IoU over clicks, as SVG. */
function plot(reports: readonly NamedReport[]): string {
  const width = 720;
  const legend = 22 * reports.length;
  const area = { left: 56, top: 16, right: width - 16, bottom: 330 };
  const clicks = Math.max(2, ...reports.map((report) => report.miou.length));
  const lowest = Math.min(...reports.flatMap((report) => report.miou));
  const floor = Math.max(0, Math.min(0.9, Math.floor(lowest * 10) / 10));
  const x = (click: number) => area.left + ((click - 1) / (clicks - 1)) * (area.right - area.left);
  const y = (iou: number) => area.bottom - ((iou - floor) / (1 - floor)) * (area.bottom - area.top);
  const parts: string[] = [];
  const step = 1 - floor > 0.5 ? 0.1 : 0.05;
  for (let iou = floor; iou <= 1 + 1e-9; iou += step) {
    parts.push(
      `<line x1="${area.left}" x2="${area.right}" y1="${y(iou).toFixed(1)}" y2="${y(iou).toFixed(1)}" stroke="#ddd"/>`,
    );
    parts.push(`<text x="${area.left - 8}" y="${(y(iou) + 4).toFixed(1)}" text-anchor="end">${iou.toFixed(2)}</text>`);
  }
  for (let click = 1; click <= clicks; click++) {
    if (clicks > 12 && click !== 1 && click % 5 !== 0) continue;
    parts.push(`<text x="${x(click).toFixed(1)}" y="${area.bottom + 20}" text-anchor="middle">${click}</text>`);
  }
  parts.push(`<text x="${(area.left + area.right) / 2}" y="${area.bottom + 40}" text-anchor="middle">clicks</text>`);
  parts.push(
    `<text x="16" y="${(area.top + area.bottom) / 2}" text-anchor="middle" transform="rotate(-90 16 ${(area.top + area.bottom) / 2})">mean IoU</text>`,
  );
  for (const [i, report] of reports.entries()) {
    const style = `fill="none" stroke="${colours[i % colours.length]}" stroke-width="2.5" stroke-dasharray="${dashes[i % dashes.length]}"`;
    const points = report.miou.map((iou, click) => `${x(click + 1).toFixed(1)},${y(iou).toFixed(1)}`).join(' ');
    parts.push(`<polyline points="${points}" ${style}/>`);
    const row = area.bottom + 62 + 22 * i;
    parts.push(`<line x1="${area.left}" x2="${area.left + 40}" y1="${row - 4}" y2="${row - 4}" ${style}/>`);
    parts.push(`<text x="${area.left + 50}" y="${row}">${escapeText(label(report))}</text>`);
  }
  return `<svg viewBox="0 0 ${width} ${area.bottom + 56 + legend}" width="${width}" role="img" aria-label="Mean IoU against clicks">
${parts.join('\n')}
</svg>`;
}

function label(report: NamedReport): string {
  return report.settings === undefined || report.settings === ''
    ? report.model
    : `${report.model} (${report.settings})`;
}

function escapeText(text: string): string {
  return text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
}
