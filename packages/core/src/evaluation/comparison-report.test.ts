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

  it.each<[string, object]>([
    ['figures that are texts', { nof: { ...report('a', [0]).nof, '0.90': '<script>alert(1)</script>' } }],
    ['no figures', { noc: null }],
    ['a figure that is missing', { noc: {} }],
    ['samples of no number', { samples: '<b>3</b>' }],
    ['an IoU of no number', { miou: [Number.NaN] }],
    ['settings of no words', { settings: 3 }],
    ['a data set of no name', { layout: 'toString' }],
  ])('takes no report with %s', (_, wrong) => {
    const broken = { ...report('a', [0.5]), ...wrong } as NamedReport;
    expect(() => comparisonReport([broken])).toThrow(expect.objectContaining({ code: 'bad-option' }));
  });

  it('needs an evaluation', () => {
    expect(() => comparisonReport([])).toThrow(expect.objectContaining({ code: 'bad-option' }));
  });
});
