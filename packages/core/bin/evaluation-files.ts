import { appendFile, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { NamedReport, SampleResult } from '../src/evaluation.js';
import { UsageError } from '../src/runtime/node/command-line/index.js';

/** The settings of an evaluation. It is continued only with the same settings. */
export type EvaluationSettings = Readonly<Record<string, unknown>>;

/** Stores the results of an evaluation as they come, so that it can be interrupted and continued. */
export interface EvaluationFolder {
  readonly known: ReadonlyMap<string, SampleResult>;
  add(name: string, result: SampleResult): Promise<void>;
  finish(report: NamedReport): Promise<string>;
}

/**
 * Opens or creates the folder: `samples.jsonl` with the settings and a line per sample, and at the end `report.json`.
 */
export async function openEvaluationFolder(folder: string, settings: EvaluationSettings): Promise<EvaluationFolder> {
  await mkdir(folder, { recursive: true });
  const path = join(folder, 'samples.jsonl');
  const header = JSON.stringify({ settings });
  const known = new Map<string, SampleResult>();
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    throw error;
  });
  // A line that was cut off when the process ended is computed again.
  const lines = text
    .slice(0, text.lastIndexOf('\n') + 1)
    .split('\n')
    .filter((line) => line !== '');
  if (lines.length === 0) {
    await writeFile(path, `${header}\n`);
  } else {
    if (lines[0] !== header) {
      throw new UsageError(
        `${path} belongs to an evaluation with other settings: ${lines[0]}. Choose another folder for --out, or delete this one.`,
      );
    }
    for (const line of lines.slice(1)) {
      const { name, ...result } = JSON.parse(line) as SampleResult & { readonly name: string };
      known.set(name, result);
    }
    await writeFile(`${path}.part`, `${lines.join('\n')}\n`);
    await rename(`${path}.part`, path);
  }
  return {
    known,
    add: (name, result) => appendFile(path, `${JSON.stringify({ name, ...result })}\n`),
    async finish(report) {
      const target = join(folder, 'report.json');
      await writeFile(target, `${JSON.stringify(report, null, 2)}\n`);
      return target;
    },
  };
}
