import type { CvatShape } from '../client/index.js';
import { digestOf } from './content.js';
import { type RefineRecord, settle } from './ledger.js';
import type { Run } from './run.js';
import { allSources, type Source } from './source.js';

/**
 * Reads back the results of some sources and deletes the sources that are to be replaced: only unchanged ones with an
 * unchanged result. An interruption leaves too much, never too little.
 */
export async function readBack(run: Run, sources: readonly Source[]): Promise<void> {
  const { settings, ledger, changed } = run;
  const { client, job, signal, as, replace, dryRun } = settings;
  const saved = sources.flatMap(({ key }) => {
    const record = ledger.get(key, as);
    return record?.step === 'created' || record?.step === 'creating' ? [record] : [];
  });
  const unread = saved.some(({ seen }) => seen === undefined);
  if (dryRun || saved.length === 0 || !(replace || unread)) return;

  const now = await client.jobs.annotations(job, { signal });
  await settle(ledger, now.shapes);
  if (!replace) return;
  const found = allSources(now);
  const due: Source[] = [];
  for (const { source: key } of saved) {
    const source = found.get(key);
    // A track cannot be replaced: CVAT has no masks in tracks, and the frames between keyframes exist only in it.
    if (source === undefined || source.tracked) continue;
    if (isReplaceable(ledger.get(key, as) as RefineRecord, source, now.shapes)) due.push(source);
    else changed.add(key);
  }
  await deleteSources(run, due);
}

function isReplaceable(record: RefineRecord, source: Source, shapes: readonly CvatShape[]): boolean {
  if (record.step !== 'created' || record.was !== source.digest) return false;
  const result = shapes.find(({ id }) => id === record.result);
  return result !== undefined && digestOf(result) === record.seen;
}

async function deleteSources(run: Run, due: readonly Source[]): Promise<void> {
  if (due.length === 0) return;
  const { settings, ledger } = run;
  const { as } = settings;
  // The whole shape is recorded before its deletion, so that it can be restored.
  await ledger.write(due.map(({ key, shape }) => ({ source: key, as, step: 'deleting', deleted: shape })));
  await settings.client.jobs.deleteShapes(
    settings.job,
    due.map(({ shape }) => shape),
    { signal: settings.signal },
  );
  await ledger.write(due.map(({ key }) => ({ source: key, as, step: 'deleted' })));
  run.deleted += due.length;
}
