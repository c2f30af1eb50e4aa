import { ClickmaskError } from '@clickmask/core';
import type { CvatLabel, CvatShape } from '../client/index.js';
import { createFinder, type Ledger, openLedger, possibleResults, settle } from './ledger.js';
import type { RefineReport, RefineSettings } from './refine-options.js';
import { allSources, inScope, type Source } from './source.js';

/** The state of a run. */
export interface Run {
  readonly settings: RefineSettings;
  readonly ledger: Ledger;
  readonly sources: readonly Source[];
  /** A result of an earlier run without a record. */
  readonly find: (written: CvatShape) => CvatShape | undefined;
  /** Highest shape id on the server when the run began. */
  readonly highest: number;
  readonly done: Set<string>;
  readonly skipped: Set<string>;
  readonly unsure: Set<string>;
  readonly changed: Set<string>;
  readonly failed: Map<string, string>;
  saved: number;
  deleted: number;
}

/** Reads a job and its records. */
export async function startRun(settings: RefineSettings): Promise<Run> {
  const { client, job, signal, memory } = settings;
  const [info, meta, labels, annotations] = await Promise.all([
    client.jobs.get(job, { signal }),
    client.jobs.meta(job, { signal }),
    client.jobs.labels(job, { signal }),
    client.jobs.annotations(job, { signal }),
  ]);
  const [first, last] = settings.frames ?? [info.start_frame, info.stop_frame];
  const scope = {
    kinds: settings.kinds,
    labels: labelIds(settings.labels, labels),
    first,
    last,
    deletedFrames: new Set(meta.deleted_frames),
  };
  const ledger = await openLedger(
    // A dry run reads the records and writes none.
    memory === undefined || !settings.dryRun ? memory : { load: () => memory.load(), append: async () => {} },
  );
  await settle(ledger, annotations.shapes);
  const results = possibleResults(ledger, annotations.shapes);
  return {
    settings,
    ledger,
    sources: [...allSources(annotations).values()].filter(
      (source) => inScope(source, scope) && !results.has(source.shape.id ?? 0),
    ),
    find: createFinder(annotations.shapes, results),
    highest: annotations.shapes.reduce((most, { id = 0 }) => Math.max(most, id), 0),
    done: new Set(),
    skipped: new Set(),
    unsure: new Set(),
    changed: new Set(),
    failed: new Map(),
    saved: 0,
    deleted: 0,
  };
}

/** Reports progress and the present frame. */
export function progress({ settings, done, sources }: Run, frame: number): void {
  settings.onProgress?.({ frame, done: done.size, total: sources.length });
}

export function reportOf(run: Run): RefineReport {
  const { settings, sources, skipped, unsure, changed, failed, saved, deleted } = run;
  return {
    job: settings.job,
    sources: sources.length,
    keyframes: sources.filter(({ tracked }) => tracked).length,
    saved,
    deleted,
    skipped: skipped.size,
    unsure: [...unsure],
    changed: [...changed],
    failed: [...failed].map(([source, reason]) => ({ source, reason })),
  };
}

function labelIds(names: readonly string[] | undefined, labels: readonly CvatLabel[]): ReadonlySet<number> | null {
  if (names === undefined || names.length === 0) return null;
  const missing = names.filter((name) => !labels.some((label) => label.name === name));
  if (missing.length > 0) {
    const known = labels.map(({ name }) => name).join(', ');
    throw new ClickmaskError('bad-option', `The job has no label ${missing.join(', ')}. It has: ${known}.`);
  }
  return new Set(labels.filter(({ name }) => names.includes(name)).map(({ id }) => id));
}
