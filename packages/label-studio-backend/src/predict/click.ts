import { Problem } from '../problems/index.js';
import { type Item, type PromptMemory, readPrompts } from '../prompts/index.js';
import type { PredictTask } from '../requests/index.js';
import { findContinued } from './continued-region.js';
import { emptyPrediction, mergeOutcomes, toPrediction } from './outcome.js';
import { segmentAll } from './segment-objects.js';
import type { PredictAnswer, PredictCall, PredictServices } from './services.js';
import { draftIds, draftUser, regionIdsOf } from './task-content.js';
import { type Asker, planWorks, type Work } from './works.js';

/**
 * Answers clicks and boxes from the editor.
 *
 * @param result - `params.context.result`
 */
export async function predictClick(
  services: PredictServices,
  { request, project, note, signal }: PredictCall,
  task: PredictTask,
  result: unknown,
): Promise<PredictAnswer> {
  const { memory, modelVersion } = services;
  const taskId = task.id ?? '';
  const journal = { kind: 'click', project, task: taskId } as const;
  const regions = Array.isArray(result) ? (result as unknown[]) : [];
  if (regions.length === 0) {
    memory.forget(project, taskId);
    const results = [emptyPrediction(modelVersion, 'empty-context')];
    return { results, journal: { ...journal, reason: 'empty-context' } };
  }
  const config = services.configOf(project, request.label_config, task.data);
  const { items, remarks } = readPrompts(regions, config, services.options.negativeLabels);
  if (items.length === 0) {
    const why = remarks[0] ?? 'no region is a keypoint or a rectangle';
    throw new Problem('bad-prompt', `Expected clicks or boxes in the context but ${why}.`);
  }
  const counts = countItems(items);
  note(counts);
  const asker = { project, task: taskId, user: draftUser(task) };
  const regionIds = regionIdsOf(task);
  memory.drawn(project, taskId, { regions: regionIds, draft: draftIds(task) });
  const labelled = items.map((item) => withLabel(item, items, asker, memory));
  const undo: (() => void)[] = [];
  const outcomes = await answerAll().catch((error: unknown) => {
    for (const put of undo) put();
    throw error;
  });
  for (const { key, regions: made } of outcomes) {
    // A region that existed before is being continued. Its presence does not mean that this answer was accepted.
    const ids = made.map(({ id }) => id).filter((id) => !regionIds.has(id));
    memory.answered(key, ids);
  }
  services.planNext(project, taskId, request.label_config);
  const merged = mergeOutcomes(outcomes, remarks);
  return {
    results: [toPrediction(modelVersion, merged)],
    journal: {
      ...journal,
      ...counts,
      reason: merged.reason,
      remarks: merged.remarks,
      regions: merged.regions.length,
      score: merged.score,
      output: merged.output,
    },
  };

  async function answerAll() {
    const planned = planWorks(labelled, asker, config, task.data, (key, all) => {
      checkCount(all, services.limits.clicks);
      const group = ofNewObject(all, memory.spent(project, taskId, regionIds));
      // Without ids, tasks cannot be told apart.
      if (taskId === '') return group;
      const known = memory.combine(key, group);
      undo.push(known.undo);
      return known.items;
    });
    const works: Work[] = [];
    for (const work of planned) {
      works.push({ ...work, continued: await findContinued(task, work.key, work.object, services.limits.pixels) });
    }
    return runInTurn(services, { request, taskId, items, works, signal }, (stop) =>
      segmentAll(services, works, config, turnOf(asker), stop),
    );
  }
}

/**
 * Drops the clicks and boxes of a region that was accepted by its own tick. The editor leaves them on the screen.
 * Applies only if something begins another object: negative clicks alone correct the accepted region.
 */
function ofNewObject(items: readonly Item[], spent: ReadonlySet<string>): readonly Item[] {
  const fresh = items.filter(({ id }) => !spent.has(id));
  return fresh.some((item) => item.kind === 'box' || item.positive) ? fresh : items;
}

/** Before any of them is stored. */
function checkCount(items: readonly Item[], most: number): void {
  const clicks = items.filter(({ kind }) => kind === 'point').length;
  if (clicks <= most) return;
  throw new Problem('too-many-clicks', `Expected at most ${most} clicks for one object but received ${clicks}.`);
}

function countItems(items: readonly Item[]) {
  const count = (pick: (item: Item) => boolean) => items.filter(pick).length;
  return {
    label: items[0].label,
    positive: count((item) => item.kind === 'point' && item.positive),
    negative: count((item) => item.kind === 'point' && !item.positive),
    boxes: count((item) => item.kind === 'box'),
  };
}

/**
 * A negative label that names no object means the current object: the one of this request, else the last one of the
 * task.
 */
function withLabel(item: Item, all: readonly Item[], asker: Asker, memory: PromptMemory): Item {
  if (item.label !== undefined || item.rawLabel === undefined) return item;
  const { toName, itemIndex } = item;
  const other = all.find((one) => one.label !== undefined && one.toName === toName && one.itemIndex === itemIndex);
  const label = other?.label ?? memory.latestLabel({ ...asker, toName, itemIndex });
  return { ...item, label };
}

/** Annotators are served in turn. If Label Studio does not say who clicks, tasks are. */
const turnOf = ({ project, task, user }: Asker) => ({
  client: user === undefined ? `${project} ${task}` : `user ${user}`,
});

interface Visit {
  readonly request: PredictCall['request'];
  readonly taskId: string;
  readonly items: readonly Item[];
  readonly works: readonly Work[];
  readonly signal: AbortSignal;
}

/** Waits for earlier clicks on the task's images. Equal requests share one answer. */
function runInTurn<T>(
  { queue }: Pick<PredictServices, 'queue'>,
  { request, taskId, items, works, signal }: Visit,
  run: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  if (taskId === '') return run(signal);
  const shown = works.map(({ key, picture }) => [key.toName, key.itemIndex, picture].join(' '));
  const job = {
    signature: JSON.stringify([request.label_config, works.map((work) => [work.key, work.object, work.continued?.id])]),
    members: new Set(items.map((item) => item.id)),
    run,
  };
  return queue.run(JSON.stringify([works[0].key.project, taskId, ...new Set(shown)]), job, signal);
}
