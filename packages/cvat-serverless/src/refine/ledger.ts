import type { CvatShape } from '../client/index.js';
import { digestOf, isAsWritten } from './content.js';
import type { ResultKind } from './result-shape.js';
import { shapeSource } from './source.js';

/**
 * How far a source is:
 * - `open`: nothing is saved of it;
 * - `unsure`: nothing that was found fits it;
 * - `same`: the result is the shape as it is;
 * - `creating`: its result was sent, and nobody knows yet whether it was saved;
 * - `created`: its result is saved beside it;
 * - `deleting`: it was to be deleted, and nobody knows yet whether it was;
 * - `deleted`: it is deleted;
 * - `restoring`: it was sent again, and nobody knows yet whether it was saved;
 * - `restored`: it is back, under another id.
 */
export type RefineStep =
  | 'open'
  | 'unsure'
  | 'same'
  | 'creating'
  | 'created'
  | 'deleting'
  | 'deleted'
  | 'restoring'
  | 'restored';

/**
 * The record of one source and one kind of result. Each step is recorded before it is made, so an interruption loses
 * nothing.
 */
export interface RefineRecord {
  /** Name of the source, such as `shape 12` or `track 3 frame 17`. */
  readonly source: string;
  readonly as: ResultKind;
  readonly step: RefineStep;
  /** Digest of the source's content when its result was made. */
  readonly was: string;
  /** The result as it was sent. */
  readonly written?: CvatShape;
  /** Highest id on the server before the result or the restored shape was sent. Whatever was saved has a higher one. */
  readonly after?: number;
  /** Id of the result. */
  readonly result?: number;
  /** Digest of the result's content when it was first read back. */
  readonly seen?: string;
  /** The source just before it was deleted. */
  readonly deleted?: CvatShape;
}

/** The changed fields of a record; the others stay. */
export type RefineChange = Pick<RefineRecord, 'source' | 'as'> & Partial<RefineRecord>;

/** Keeps the state of a job, so that an interrupted run can continue and deletions can be undone. */
export interface RefineMemory {
  /** All changes so far, oldest first. */
  load(): Promise<readonly RefineChange[]>;
  /** Resolves once the changes would survive the end of the process. */
  append(changes: readonly RefineChange[]): Promise<void>;
}

/** The records of a job. */
export interface Ledger {
  get(source: string, as: ResultKind): RefineRecord | undefined;
  all(): Iterable<RefineRecord>;
  /** Ids of all results. */
  readonly results: ReadonlySet<number>;
  write(changes: readonly RefineChange[]): Promise<void>;
}

/** The records in a memory. Without a memory, they last as long as the ledger. */
export async function openLedger(memory?: RefineMemory): Promise<Ledger> {
  const records = new Map<string, RefineRecord>();
  const results = new Set<number>();
  const nameOf = (source: string, as: ResultKind): string => `${source} as ${as}`;
  const apply = (change: RefineChange): void => {
    const name = nameOf(change.source, change.as);
    records.set(name, { ...records.get(name), ...change } as RefineRecord);
    if (change.result !== undefined) results.add(change.result);
  };
  for (const change of (await memory?.load()) ?? []) apply(change);
  return {
    get: (source, as) => records.get(nameOf(source, as)),
    all: () => records.values(),
    results,
    async write(changes) {
      if (changes.length === 0) return;
      await memory?.append(changes);
      changes.forEach(apply);
    },
  };
}

/**
 * Finds out what happened to everything that an interruption left open, by what is on the server now. Also stores the
 * digests of results that are read for the first time.
 */
export async function settle(ledger: Ledger, shapes: readonly CvatShape[]): Promise<void> {
  const byId = new Map(shapes.map((shape) => [shape.id, shape]));
  const taken = new Set(ledger.results);
  const changes: RefineChange[] = [];
  for (const record of ledger.all()) {
    const { source, as, step, result, written } = record;
    if (step === 'creating') {
      const found = findSaved(record, written as CvatShape, shapes, taken);
      if (found === 'none') changes.push({ source, as, step: 'open' });
      else if (found !== 'unclear') {
        taken.add(found.id as number);
        changes.push({ source, as, step: 'created', result: found.id, seen: digestOf(found) });
      }
    } else if (step === 'created' && record.seen === undefined) {
      const now = byId.get(result);
      if (now !== undefined && isAsWritten(written as CvatShape, now))
        changes.push({ source, as, seen: digestOf(now) });
    } else if (step === 'deleting') {
      changes.push({ source, as, step: byId.has((record.deleted as CvatShape).id) ? 'created' : 'deleted' });
    } else if (step === 'restoring') {
      const found = findSaved(record, record.deleted as CvatShape, shapes, taken);
      if (found === 'none') changes.push({ source, as, step: 'deleted' });
      else if (found !== 'unclear') {
        taken.add(found.id as number);
        changes.push(...restoredAs(ledger, record, found));
      }
    }
  }
  await ledger.write(changes);
}

/**
 * A shape that was sent and possibly saved. It is `unclear` if its frame has other new shapes of the same kind: one of
 * them may be it, edited since.
 */
function findSaved(
  record: RefineRecord,
  written: CvatShape,
  shapes: readonly CvatShape[],
  taken: ReadonlySet<number>,
): CvatShape | 'unclear' | 'none' {
  const later = candidates(record, written, shapes, taken);
  return later.find((shape) => isAsWritten(written, shape)) ?? (later.length > 0 ? 'unclear' : 'none');
}

/** Shapes that may be the one that was sent, by frame, kind and age. */
function candidates(
  { after = 0 }: RefineRecord,
  { type, frame }: CvatShape,
  shapes: readonly CvatShape[],
  taken: ReadonlySet<number>,
): CvatShape[] {
  return shapes.filter(
    (shape) => (shape.id ?? 0) > after && !taken.has(shape.id ?? 0) && shape.type === type && shape.frame === frame,
  );
}

/** Ids of shapes that are or may be results. None of them is a source. */
export function possibleResults(ledger: Ledger, shapes: readonly CvatShape[]): ReadonlySet<number> {
  const open = [...ledger.all()].filter(({ step }) => step === 'creating');
  const unclear = open.flatMap((record) => candidates(record, record.written as CvatShape, shapes, ledger.results));
  return new Set([...ledger.results, ...unclear.map(({ id }) => id as number)]);
}

/** A deleted source is back under another id, and so may be its result. */
function restoredAs(ledger: Ledger, { source, as }: RefineRecord, shape: CvatShape): RefineChange[] {
  const { key } = shapeSource(shape);
  const records = [...ledger.all()].filter((record) => record.source === source);
  return [
    { source, as, step: 'restored' },
    ...records.map((record) => ({ ...record, source: key, step: record.as === as ? 'created' : record.step })),
  ];
}

/** Recognises results of earlier runs without records by their content. Each is matched once. */
export function createFinder(
  shapes: readonly CvatShape[],
  taken: ReadonlySet<number>,
): (written: CvatShape) => CvatShape | undefined {
  const place = ({ type, frame, points }: CvatShape): string => `${type} ${frame} ${points.join()}`;
  const found = new Map<string, CvatShape[]>();
  for (const shape of shapes) {
    if (taken.has(shape.id as number)) continue;
    const list = found.get(place(shape));
    if (list === undefined) found.set(place(shape), [shape]);
    else list.push(shape);
  }
  return (written) => {
    const list = found.get(place(written)) ?? [];
    const at = list.findIndex((shape) => isAsWritten(written, shape));
    return at === -1 ? undefined : list.splice(at, 1)[0];
  };
}
