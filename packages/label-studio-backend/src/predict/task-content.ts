import type { LabelingConfig } from '../labeling-config/index.js';
import { type Item, isRecord, readPrompts } from '../prompts/index.js';
import type { PredictTask } from '../requests/index.js';

/** Who asks, as far as the request tells: Label Studio sends the drafts of that user only. */
export function draftUser(task: PredictTask): string | undefined {
  const draft: unknown = Array.isArray(task.drafts) ? task.drafts[0] : undefined;
  return isRecord(draft) && typeof draft.user === 'string' ? draft.user.slice(0, 200) : undefined;
}

/** Ids of all regions that are drawn on the task. */
export function regionIdsOf(task: PredictTask): Set<string> {
  const ids = new Set<string>();
  for (const list of [task.drafts, task.annotations]) {
    for (const result of resultsOf(list)) {
      for (const region of result) if (isRecord(region) && typeof region.id === 'string') ids.add(region.id);
    }
  }
  return ids;
}

/** Ids of all that lies in the asker's draft, clicks and boxes too; undefined without one. */
export function draftIds(task: PredictTask): ReadonlySet<string> | undefined {
  for (const result of resultsOf(task.drafts)) {
    return new Set(result.flatMap((item) => (isRecord(item) && typeof item.id === 'string' ? [item.id] : [])));
  }
  return undefined;
}

/** The prompts that a task already carries: of its newest annotation with any, else of a draft, else of a prediction. */
export function existingPrompts(
  task: PredictTask,
  config: LabelingConfig,
  negativeForms: readonly string[] | undefined,
): readonly Item[] {
  for (const list of [task.annotations, task.drafts, task.predictions]) {
    for (const result of resultsOf(list)) {
      const { items } = readPrompts(result, config, negativeForms);
      if (items.length > 0) return items;
    }
  }
  return [];
}

/** The results of annotations, drafts or predictions, the newest first. */
export function* resultsOf(list: unknown): Generator<readonly unknown[]> {
  if (!Array.isArray(list)) return;
  for (let i = list.length - 1; i >= 0; i--) {
    const entry: unknown = list[i];
    if (isRecord(entry) && Array.isArray(entry.result)) yield entry.result as unknown[];
  }
}
