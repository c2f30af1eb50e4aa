import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  clientOf,
  createFakeJob,
  type Edit,
  type FakeJob,
  type Request,
  shapeDefaults,
} from '../../test/support/fake-job.js';
import { createFakeSegmenter } from '../../test/support/fake-segmenter.js';
import type { CvatClient, CvatShape } from '../client/index.js';
import { contentOf } from './content.js';
import { type RefineChange, type RefineMemory, type RefineOptions, refineJob, undoRefine } from './index.js';

/** Jobs to try; each is some five runs with edits between them. */
const JOBS = Number(process.env.CLICKMASK_REFINE_JOBS ?? 300);

const labels = [
  { id: 1, name: 'cat', type: 'any' },
  { id: 2, name: 'dog', type: 'any' },
];
const frames = 3;

/** Who an object is, whatever happens to its shapes: a value of an attribute that masks inherit. */
const tagOf = (shape: CvatShape): string | undefined => shape.attributes.find(({ spec_id }) => spec_id === 1)?.value;

interface Box {
  readonly frame: number;
  readonly place: number;
  readonly label: number;
}

const boxes = fc.array(fc.record({ frame: fc.nat(frames - 1), place: fc.nat(2), label: fc.constantFrom(1, 2) }), {
  minLength: 1,
  maxLength: 6,
});

/** What a person may do between the steps, and to which of the shapes that are there. */
const edits = fc.record({
  target: fc.nat(30),
  edit: fc.oneof(
    fc.constant<Edit>({ rotation: 15 }),
    fc.constant<Edit>({ occluded: true }),
    fc.constant<Edit>({ z_order: 3 }),
    fc.constant<Edit>({ group: 4 }),
    fc.constant<Edit>({ label_id: 2 }),
    fc.constant<Edit>({ source: 'consensus' }),
    fc.constant<Edit>({ description: 'looked at' }),
    fc.constant('attribute' as const),
    fc.constant('points' as const),
    fc.constant('erase' as const),
    fc.constant('twin' as const),
  ),
});

const steps = fc.array(
  fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({
        run: fc.record({
          replace: fc.boolean(),
          as: fc.constantFrom('mask' as const, 'mask' as const, 'rectangle' as const),
          kinds: fc.constantFrom(['rectangle'] as const, ['rectangle', 'mask'] as const),
        }),
        /** Request at which the run breaks off, and whether the server had done it by then. */
        breaks: fc.option(fc.record({ at: fc.nat(12), when: fc.constantFrom('before' as const, 'after' as const) })),
        /** Edits made just before a request, other than the deletion that directly follows a reading. */
        during: fc.array(fc.record({ at: fc.nat(12), edit: edits }), { maxLength: 2 }),
      }),
    },
    { weight: 2, arbitrary: fc.record({ edit: edits }) },
    { weight: 1, arbitrary: fc.constant({ undo: true as const }) },
  ),
  { minLength: 2, maxLength: 7 },
);

function apply(
  job: FakeJob,
  { target, edit }: { target: number; edit: Edit | 'attribute' | 'points' | 'erase' | 'twin' },
): void {
  if (job.shapes.length === 0) return;
  const shape = job.shapes[target % job.shapes.length];
  const id = shape.id as number;
  if (edit === 'attribute') job.edit(id, { attributes: [...shape.attributes, { spec_id: 2, value: 'yes' }] });
  else if (edit === 'points') job.edit(id, { points: shape.points.map((value, i) => (i === 0 ? value + 1 : value)) });
  else if (edit === 'erase') job.remove([shape]);
  else if (edit === 'twin')
    job.create([
      {
        ...shape,
        id: undefined,
        description: '',
        source: 'manual',
        attributes: [{ spec_id: 1, value: `twin ${++twins}` }],
      },
    ]);
  else job.edit(id, edit);
}

function memoryInRam(): RefineMemory {
  const changes: RefineChange[] = [];
  // As through a file: what is read back shares nothing with what was written.
  return {
    load: async () => structuredClone(changes),
    append: async (more) => void changes.push(...structuredClone(more)),
  };
}

/** What the reply to a creation tells: fields that only the server knows are seen at the next reading. */
const saidBy = (shape: CvatShape): string => contentOf({ ...shape, description: undefined });

let twins = 0;

class Broken extends Error {}

type AnyEdit = Edit | 'attribute' | 'points' | 'erase' | 'twin';

interface Breaks {
  readonly at: number;
  readonly when: 'before' | 'after';
}

interface During {
  readonly at: number;
  readonly edit: { readonly target: number; readonly edit: AnyEdit };
}

/** Knows what may be made and deleted, from nothing but the server's side. */
function createOracle(job: FakeJob) {
  /** What each object's own shape said when the annotations were read last, and when its result was made of it. */
  let seen = new Map<string, string>();
  const madeOf = new Map<string, string>();
  /** Results by their ids, as they were saved. */
  const results = new Map<number, string>();
  const deleted: string[] = [];
  const own = () => job.shapes.filter(({ id }) => !results.has(id as number));
  return {
    deleted,
    read(): void {
      seen = new Map(own().map((shape) => [tagOf(shape) as string, contentOf(shape)]));
    },
    creating(sent: readonly CvatShape[]): void {
      for (const shape of sent) {
        if (shape.source !== 'semi-auto') continue;
        const tag = tagOf(shape) as string;
        madeOf.set(tag, seen.get(tag) as string);
        const twice = job.shapes.filter(
          (other) => results.has(other.id as number) && tagOf(other) === tag && other.type === shape.type,
        );
        expect(twice).toEqual([]);
      }
    },
    created(): void {
      for (const shape of own()) if (shape.source === 'semi-auto') results.set(shape.id as number, saidBy(shape));
    },
    deleting(sent: readonly CvatShape[]): void {
      for (const { id } of sent) {
        const now = job.shapes.find((shape) => shape.id === id);
        if (now === undefined) continue;
        // The heart of it: what goes is exactly what the result was made of, and the result is there as it was saved.
        const tag = tagOf(now) as string;
        expect(contentOf(now)).toBe(madeOf.get(tag));
        const beside = job.shapes.some(
          (shape) => tagOf(shape) === tag && results.get(shape.id as number) === saidBy(shape),
        );
        expect(beside).toBe(true);
        deleted.push(contentOf(now));
      }
    },
  };
}

describe('refining between edits', () => {
  it('deletes nothing that was edited, makes nothing twice, and brings back what it deleted', async () => {
    let deletions = 0;
    let refused = 0;
    let restored = 0;
    await fc.assert(
      fc.asyncProperty(boxes, steps, async (places, script) => {
        const job = createFakeJob(places.map((box, i) => boxShape(box, `object ${i}`)));
        const memory = memoryInRam();
        const oracle = createOracle(job);
        const watch = (breaks: Breaks | null = null, during: readonly During[] = []): CvatClient => {
          let count = 0;
          let last: Request | null = null;
          return clientOf(job, frames, labels, (request, when, sent) => {
            if (when === 'before') {
              count += 1;
              // Between the last look and the deletion CVAT leaves a moment that no client can close.
              const unguarded = request === 'delete' && last === 'annotations';
              if (!unguarded) for (const { at, edit } of during) if (at === count) apply(job, edit);
              last = request;
              if (request === 'create') oracle.creating(sent);
              const reached = breaks?.at !== count || breaks.when === 'after';
              if (request === 'delete' && reached) oracle.deleting(sent);
            }
            if (when === 'after' && request === 'annotations') oracle.read();
            if (when === 'after' && request === 'create') oracle.created();
            if (breaks?.at === count && breaks.when === when) throw new Broken(request);
          });
        };
        const run = (options: Partial<RefineOptions>, client = watch()) =>
          refineJob({ client, segmenter: createFakeSegmenter(), job: 7, memory, ...options });

        for (const step of script) {
          if ('edit' in step) apply(job, step.edit);
          else if ('undo' in step) {
            const report = await undoRefine({ client: watch(), job: 7, memory });
            restored += report.restored;
            const now = job.shapes.map(contentOf);
            for (const content of oracle.deleted.splice(0)) {
              expect(now).toContain(content);
              now.splice(now.indexOf(content), 1);
              deletions += 1;
            }
          } else {
            try {
              const report = await run({ ...step.run }, watch(step.breaks, step.during));
              refused += report.changed.length;
            } catch (error) {
              if (!(error instanceof Broken)) throw error;
            }
          }
        }
        deletions += oracle.deleted.length;
        // A whole run, and then another one that finds nothing to do.
        await run({ replace: true });
        const settled = JSON.stringify(job.annotations());
        await run({ replace: true });
        expect(JSON.stringify(job.annotations())).toBe(settled);
      }),
      { numRuns: JOBS },
    );
    // The script reaches what it is about.
    expect(deletions).toBeGreaterThan(JOBS / 4);
    expect(refused).toBeGreaterThan(JOBS / 20);
    expect(restored).toBeGreaterThan(JOBS / 50);
  }, 120_000);
});

function boxShape({ frame, place, label }: Box, tag: string): Omit<CvatShape, 'id'> {
  return {
    ...shapeDefaults,
    type: 'rectangle',
    frame,
    label_id: label,
    points: [5 + 10 * place, 5, 25 + 10 * place, 30],
    attributes: [{ spec_id: 1, value: tag }],
  };
}
