import type { LabelStudioClient, LabelStudioTask } from '../client/index.js';
import type { PictureOwner } from '../pictures/index.js';
import type { LookAhead } from '../work/index.js';

/** Finds the next tasks and has their images prepared. */
export interface Planner {
  plan(project: string, task: string, xml: string | null | undefined): void;
  close(): void;
}

export interface PlannerOptions {
  /** Undefined if Label Studio cannot be asked. */
  readonly client: ((project: string) => LabelStudioClient) | undefined;
  readonly lookAhead: LookAhead;
  readonly count: number;
  readonly prepare: (
    data: LabelStudioTask['data'],
    owner: PictureOwner,
    xml: string | null | undefined,
    /** Number of tasks from here. */
    distance: number,
  ) => void;
}

/** Asks Label Studio once per task that is worked on, at a moment without clicks. */
export function createPlanner({ client, lookAhead, count, prepare }: PlannerOptions): Planner {
  const asked = new Map<string, number>();
  const abort = new AbortController();
  let quietUntil = 0;
  return {
    plan(project, task, xml) {
      if (client === undefined || !/^\d{1,15}$/.test(project) || !/^\d{1,15}$/.test(task)) return;
      const now = Date.now();
      const name = `${project} ${task}`;
      if (now < quietUntil || now - (asked.get(name) ?? 0) < 600_000) return;
      asked.delete(name);
      asked.set(name, now);
      for (const oldest of asked.keys()) {
        if (asked.size <= 1000) break;
        asked.delete(oldest);
      }
      const ask = async () => {
        try {
          const next = await client(project).tasksAfter(Number(project), Number(task), count, abort.signal);
          for (const [i, one] of next.entries()) prepare(one.data, { project, task: String(one.id) }, xml, i + 1);
        } catch {
          // Without a token that may list tasks, nothing can be prepared. Do not ask again at every click.
          quietUntil = Date.now() + 60_000;
        }
      };
      lookAhead.push(`tasks after ${name}`, ask, 0);
    },
    close: () => abort.abort(),
  };
}
