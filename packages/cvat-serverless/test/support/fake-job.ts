import type { CvatAnnotations, CvatClient, CvatLabel, CvatShape, CvatTrack } from '../../src/client/index.js';

/** What a person does to a shape: any fields but the id. */
export type Edit = Partial<Omit<CvatShape, 'id'>>;

/** A job's annotations as CVAT keeps them, with its rules about ids, defaults and what it sends back. */
export interface FakeJob {
  readonly shapes: CvatShape[];
  readonly tracks: CvatTrack[];
  annotations(): CvatAnnotations;
  /** `PATCH ?action=create`: the reply is what was sent, with ids, and not what a later GET says. */
  create(shapes: readonly CvatShape[]): CvatShape[];
  /** `PATCH ?action=delete`: by id, whatever the shape has become. */
  remove(shapes: readonly CvatShape[]): void;
  /** A person changes a shape; it keeps its id, as in CVAT. */
  edit(id: number, change: Edit): void;
}

export const shapeDefaults = { occluded: false, z_order: 0, attributes: [], group: 0, source: 'manual', rotation: 0 };

export function createFakeJob(shapes: readonly Omit<CvatShape, 'id'>[], tracks: readonly CvatTrack[] = []): FakeJob {
  let nextId = 100;
  const stored = (shape: Omit<CvatShape, 'id'>): CvatShape =>
    // Fields that nobody sent have the server's defaults.
    ({
      outside: false,
      description: null,
      elements: [],
      ...shape,
      group: shape.group ?? 0,
      id: nextId++,
    }) as unknown as CvatShape;
  const job: FakeJob = {
    shapes: shapes.map(stored),
    tracks: [...tracks],
    annotations: () => ({ version: 0, tags: [], shapes: structuredClone(job.shapes), tracks: [...job.tracks] }),
    create(sent) {
      const made = sent.map((shape) => stored(structuredClone(shape)));
      job.shapes.push(...made);
      return made.map(({ id }, i) => ({ ...sent[i], elements: [], id }));
    },
    remove(sent) {
      const ids = new Set(sent.map(({ id }) => id));
      const left = job.shapes.filter(({ id }) => !ids.has(id));
      job.shapes.splice(0, job.shapes.length, ...left);
    },
    edit(id, change) {
      const at = job.shapes.findIndex((shape) => shape.id === id);
      if (at !== -1) job.shapes[at] = { ...job.shapes[at], ...change } as CvatShape;
    },
  };
  return job;
}

/** Requests of a client, as a test may look at them or have them fail. */
export type Request = 'annotations' | 'frame' | 'create' | 'delete';

/** A client of a job in this process, for tests with thousands of runs. */
export function clientOf(
  job: FakeJob,
  frames: number,
  labels: readonly CvatLabel[],
  /** Called around each request; what it throws, the client throws. `before` comes before the job is changed. */
  on: (request: Request, when: 'before' | 'after', shapes: readonly CvatShape[]) => void = () => {},
): CvatClient {
  const request = async <T>(name: Request, shapes: readonly CvatShape[], act: () => T): Promise<T> => {
    on(name, 'before', shapes);
    const answer = act();
    on(name, 'after', shapes);
    return answer;
  };
  const jobs: Partial<CvatClient['jobs']> = {
    get: async (id) => ({
      id,
      task_id: 1,
      state: 'new',
      stage: 'annotation',
      start_frame: 0,
      stop_frame: frames - 1,
    }),
    meta: async () => ({ start_frame: 0, stop_frame: frames - 1, frames: [], deleted_frames: [] }),
    labels: async () => labels,
    frame: (_, number) => request('frame', [], () => Buffer.from(`frame ${number}`)),
    annotations: () => request('annotations', [], () => job.annotations()),
    createShapes: (_, shapes) => request('create', shapes, () => job.create(shapes)),
    deleteShapes: (_, shapes) => request('delete', shapes, () => job.remove(shapes)),
  };
  return { jobs } as CvatClient;
}
