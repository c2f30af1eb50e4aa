import type { CvatClient, CvatShape } from '../client/index.js';
import { openLedger, type RefineMemory, type RefineRecord, settle } from './ledger.js';

export interface UndoRefineOptions {
  readonly client: CvatClient;
  readonly job: number;
  /** The memory of the run to undo. */
  readonly memory: RefineMemory;
  readonly signal?: AbortSignal;
}

export interface UndoRefineReport {
  readonly job: number;
  /** Shapes restored. */
  readonly restored: number;
  /** Shapes that may already be restored and edited since. They were not sent again. */
  readonly unclear: readonly string[];
}

/** Maximum shapes per request. */
const CHUNK = 200;

/**
 * Restores every shape that runs with `replace` deleted, as it was, under a new id. The results stay beside them. It
 * can be interrupted and repeated: nothing is restored twice.
 *
 * @throws ClickmaskError `bad-option`, `request-failed`, `aborted`
 *
 * @example
 * ```ts no-run
 * import { createCvatClient, createFileMemory, undoRefine } from '@clickmask/cvat-serverless';
 *
 * const url = 'http://localhost:8080';
 * const client = createCvatClient({ url, auth: { accessToken: process.env.CVAT_ACCESS_TOKEN ?? '' } });
 * const { restored } = await undoRefine({ client, job: 12, memory: createFileMemory('job-12.jsonl', url, 12) });
 * console.log(restored);
 * ```
 */
export async function undoRefine(options: UndoRefineOptions): Promise<UndoRefineReport> {
  const { client, job, memory, signal } = options;
  const ledger = await openLedger(memory);
  const read = async (): Promise<number> => {
    const { shapes } = await client.jobs.annotations(job, { signal });
    await settle(ledger, shapes);
    return shapes.reduce((most, { id = 0 }) => Math.max(most, id), 0);
  };
  const at = (step: RefineRecord['step']) => [...ledger.all()].filter((record) => record.step === step);

  let after = await read();
  const due = at('deleted');
  for (let start = 0; start < due.length; start += CHUNK) {
    const chunk = due.slice(start, start + CHUNK);
    await ledger.write(chunk.map(({ source, as }) => ({ source, as, step: 'restoring', after })));
    const shapes = chunk.map(({ deleted }) => ({ ...(deleted as CvatShape), id: undefined }));
    await client.jobs.createShapes(job, shapes, { signal });
    after = await read();
  }
  const restored = due.filter(({ source, as }) => ledger.get(source, as)?.step === 'restored').length;
  return { job, restored, unclear: at('restoring').map(({ source }) => source) };
}
