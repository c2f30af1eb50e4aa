import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { environmentOf } from './servers.js';

const root = resolve(import.meta.dirname, '../..');
const deploy = join(root, 'deploy');
const schemas = environmentOf('schemas');

describe('the files for clusters', () => {
  const files = readdirSync(join(deploy, 'kubernetes')).map((name) => join(deploy, 'kubernetes', name));

  it.skipIf(schemas === null).each(files)('%s fits the schemas of Kubernetes', (file) => {
    const tool = join(schemas as string, 'bin/kubernetes-validate');
    expect(() => execFileSync(tool, ['--strict', file], { stdio: 'pipe' })).not.toThrow();
  });
});

describe('the dashboard', () => {
  interface Panel {
    readonly title: string;
    readonly type: string;
    readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
    readonly targets?: readonly { readonly expr: string }[];
  }
  const { panels } = JSON.parse(readFileSync(join(deploy, 'grafana/clickmask.json'), 'utf8')) as { panels: Panel[] };
  const names = new Set(
    panels.flatMap(({ targets = [] }) => targets).flatMap(({ expr }) => expr.match(/\b(?:clickmask|nv)_\w+/g) ?? []),
  );

  it('has its panels side by side, none over another, each with a title and a query', () => {
    const taken = new Set<string>();
    for (const { title, type, gridPos, targets = [] } of panels) {
      const { x, y, w, h } = gridPos;
      expect([title !== '', x + w <= 24, targets.length > 0]).toEqual([true, true, type !== 'row']);
      for (let i = 0; i < w * h; i++) {
        const cell = `${x + (i % w)} ${y + Math.floor(i / w)}`;
        expect(taken.has(cell), `${title} lies over another panel at ${cell}`).toBe(false);
        taken.add(cell);
      }
    }
    // Without gaps: as many cells as rows times the width.
    expect(taken.size).toBe(24 * Math.max(...panels.map(({ gridPos }) => gridPos.y + gridPos.h)));
  });

  it('asks adapters for metrics that they have', () => {
    const source = readFileSync(join(root, 'packages/label-studio-backend/src/metrics/metrics.ts'), 'utf8');
    const own = [...names].filter((name) => name.startsWith('clickmask_') && !name.startsWith('clickmask_process_'));
    expect(own.length).toBeGreaterThan(3);
    for (const name of own) expect(source).toContain(`'${name.replace(/_bucket$/, '')}'`);
  });

  it('asks Triton for metrics by the names that it has', () => {
    // As Triton 2.51 prints them; those of GPUs by its documentation.
    const known = [
      ...['request_success', 'request_failure', 'count', 'exec_count'].map((name) => `nv_inference_${name}`),
      ...['request', 'queue'].map((name) => `nv_inference_${name}_duration_us`),
      ...['num_hits_per_model', 'num_misses_per_model', 'util'].map((name) => `nv_cache_${name}`),
      'nv_gpu_utilization',
    ];
    expect([...names].filter((name) => name.startsWith('nv_')).sort()).toEqual(known.sort());
  });
});
