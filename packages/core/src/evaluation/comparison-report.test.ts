import { describe, expect, it } from 'vitest';
import { comparisonReport, type NamedReport } from './comparison-report.js';
import { summarizeResults } from './metrics.js';
import { publishedResults } from './published.js';

const click = { x: 1, y: 1, label: 'positive' } as const;
const report = (model: string, ious: readonly number[]): NamedReport => ({
  ...summarizeResults([{ ious, clicks: ious.map(() => click), seconds: 1 }]),
  model,
  layout: 'grabcut',
});

describe('comparisonReport', () => {
  it('draws a line for each evaluation, and marks published figures', () => {
    const html = comparisonReport([report('a', [0.5, 0.9]), report('b', [0.6, 0.95])]);
    expect(html.match(/<polyline/g)).toHaveLength(2);
    const published = publishedResults.filter((result) => result.dataset === 'GrabCut');
    expect(html.match(/class="published"/g)).toHaveLength(published.length);
    expect(html).not.toMatch(/NaN|undefined|<script|src=/);
  });

  it('stays a page whatever a model is called', () => {
    expect(comparisonReport([report('<img src=x onerror=alert(1)>', [0])])).not.toContain('<img');
  });

  it('needs an evaluation', () => {
    expect(() => comparisonReport([])).toThrow(expect.objectContaining({ code: 'bad-option' }));
  });
});
