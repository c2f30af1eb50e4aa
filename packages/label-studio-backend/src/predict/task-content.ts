import type { LabelingConfig } from '../labeling-config/index.js';
import { type Item, isRecord, readPrompts } from '../prompts/index.js';
import type { PredictTask } from '../requests/index.js';

/** Who asks, as far as the request says: Label Studio sends only that user's drafts. */
export function draftUser(task: PredictTask): string | undefined {
  const draft: unknown = Array.isArray(task.drafts) ? task.drafts[0] : undefined;
  return isRecord(draft) && typeof draft.user === 'string' ? draft.user.slice(0, 200) : undefined;
}

/** Ids of all regions of the task. */
export function regionIdsOf(task: PredictTask): Set<string> {
  const ids = new Set<string>();
  for (const list of [task.drafts, task.annotations]) {
    for (const result of resultsOf(list)) {
      for (const region of result) if (isRecord(region) && typeof region.id === 'string') ids.add(region.id);
    }
  }
  return ids;
}

/** Ids of everything in the user's draft, clicks and boxes included; undefined if there is no draft. */
export function draftIds(task: PredictTask): ReadonlySet<string> | undefined {
  for (const result of resultsOf(task.drafts)) {
    return new Set(result.flatMap((item) => (isRecord(item) && typeof item.id === 'string' ? [item.id] : [])));
  }
  return undefined;
}

/**
 * The prompts that a task already has: from its newest annotation with prompts, else from a draft, else from a
 * prediction.
 */
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

/** The results of annotations, drafts or predictions, newest first. */
export function* resultsOf(list: unknown): Generator<readonly unknown[]> {
  if (!Array.isArray(list)) return;
  for (let i = list.length - 1; i >= 0; i--) {
    const entry: unknown = list[i];
    if (isRecord(entry) && Array.isArray(entry.result)) yield entry.result as unknown[];
  }
}
