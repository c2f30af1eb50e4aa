import type { TrainingState } from '../training/index.js';
import type { JournalEntry } from './journal.js';

/** The backend's state on the page. */
export interface DiagnosticsReport {
  readonly model: string;
  readonly version: string;
  readonly provider: string;
  readonly output: string;
  readonly labelStudio: string;
  readonly token: string;
  readonly pictures: number;
  /** The latest run of "Start training". */
  readonly training: TrainingState;
  readonly requests: readonly JournalEntry[];
}

/** A page without scripts that shows why a click gave nothing. */
export function diagnosticsPage(report: DiagnosticsReport): string {
  const facts = Object.entries(report)
    .filter(([name]) => name !== 'requests')
    .map(
      ([name, value]) =>
        `<dt>${escapeHtml(name)}</dt><dd>${escapeHtml(typeof value === 'object' ? Object.values(value).join(', ') : String(value))}</dd>`,
    )
    .join('');
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Clickmask diagnostics</title>
<meta name="viewport" content="width=device-width"><meta http-equiv="refresh" content="5">
<style>
body { font: 14px/1.45 system-ui, sans-serif; margin: 1.5rem; color: #1c2430; background: #fff }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .2rem 1rem } dt { color: #5b6675 } dd { margin: 0 }
table { border-collapse: collapse; width: 100% } th, td { text-align: left; vertical-align: top; padding: .35rem .6rem }
th { color: #5b6675; font-weight: 600; border-bottom: 2px solid #d8dee6 } td { border-bottom: 1px solid #e6eaef }
.good { color: #1a7f4b } .empty { color: #9a6700 } .bad { color: #b3261e } small { color: #5b6675 }
</style></head><body>
<h1>Clickmask for Label Studio</h1>
<dl>${facts}</dl>
<h2>Last requests</h2>
${report.requests.length === 0 ? '<p>None yet. Open a task in Label Studio, or press “Send test request”.</p>' : table(report.requests)}
<p><small>The same as JSON: <a href="?format=json">?format=json</a>. The page renews itself.</small></p>
</body></html>
`;
}

function table(entries: readonly JournalEntry[]): string {
  const rows = entries.map((entry) => {
    const prompt = [
      entry.positive === undefined ? '' : `${entry.positive} positive`,
      entry.negative ? `${entry.negative} negative` : '',
      entry.boxes ? `${entry.boxes} box` : '',
    ].filter((part) => part !== '');
    const style = entry.status >= 400 ? 'bad' : entry.reason === 'ok' ? 'good' : 'empty';
    const words = [entry.message, ...(entry.remarks ?? []), entry.advice].filter((text) => text !== undefined);
    return `<tr><td>${escapeHtml(entry.at.slice(11, 19))}</td><td>${escapeHtml(entry.kind ?? entry.route)}</td>
<td>${escapeHtml(entry.task ?? '')}</td><td>${escapeHtml([entry.label ?? '', ...prompt].filter(Boolean).join(', '))}</td>
<td class="${style}">${escapeHtml(entry.reason)}</td><td>${words.map(escapeHtml).join('<br>')}</td>
<td>${entry.regions ?? ''}</td><td>${Math.round(entry.ms)}</td></tr>`;
  });
  return `<table><thead><tr><th>time (UTC)</th><th>what</th><th>task</th><th>prompt</th><th>outcome</th><th>why, and what to do</th>
<th>regions</th><th>ms</th></tr></thead><tbody>${rows.join('\n')}</tbody></table>`;
}

export function escapeHtml(text: string): string {
  return text
    .replace(/&/g, '&amp;')
    .replace(/</g, '&lt;')
    .replace(/>/g, '&gt;')
    .replace(/"/g, '&quot;')
    .replace(/'/g, '&#39;');
}
