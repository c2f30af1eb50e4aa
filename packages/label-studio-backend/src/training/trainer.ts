import type { Logger } from '../diagnostics/logger.js';
import type { PictureLoader } from '../pictures/index.js';

/** The input of a training. */
export interface TrainingRun {
  /** Number of the project whose "Start training" was pressed. */
  readonly project: string;
  /**
   * Fetches the project's annotations from Label Studio as its JSON export.
   * @throws Problem
   */
  readonly exportAnnotations: (signal?: AbortSignal) => Promise<Uint8Array>;
  /**
   * Fetches the bytes of an image of the project, as for a click: from Label Studio, its storage, or this machine's
   * files.
   *
   * @param value - the image's value in the task data
   * @throws Problem
   */
  readonly picture: (value: string, task: string, signal?: AbortSignal) => Promise<Uint8Array>;
  /** Aborts when the backend closes. */
  readonly signal: AbortSignal;
}

/** The result of the latest training, for `/diagnostics`. */
export interface TrainingState {
  readonly state: 'none' | 'running' | 'done' | 'failed';
  readonly project?: string;
  readonly started?: string;
  readonly ended?: string;
  readonly message?: string;
}

/** Starts trainings, one at a time. */
export interface Trainer {
  /** @returns the message for Label Studio */
  start(project: string): string;
  readonly state: TrainingState;
  close(): Promise<void>;
}

/** Runs a training. A returned (or promised) text describes the result and appears in `/diagnostics`. */
export type OnTrain = (run: TrainingRun) => unknown;

/** The source of a project's annotations and images. */
export interface TrainingSources {
  readonly exportOf: (project: string, signal: AbortSignal) => Promise<Uint8Array>;
  readonly loader: PictureLoader;
}

/** @param onTrain - does the work; without it, nothing starts */
export function createTrainer(
  onTrain: OnTrain | undefined,
  { exportOf, loader }: TrainingSources,
  logger: Logger,
): Trainer {
  const closing = new AbortController();
  let state: TrainingState = { state: 'none' };
  let running: Promise<void> | undefined;

  async function train(work: OnTrain, project: string): Promise<void> {
    const started = new Date().toISOString();
    state = { state: 'running', project, started };
    logger.info({ project }, 'training started');
    const { signal } = closing;
    try {
      const message = await work({
        project,
        signal,
        exportAnnotations: (stop = signal) => exportOf(project, stop),
        picture: (value, task, stop = signal) => loader.load(value, { project, task }, stop),
      });
      const said = typeof message === 'string' ? { message } : {};
      state = { state: 'done', project, started, ended: new Date().toISOString(), ...said };
      logger.info({ project, ...said }, 'training done');
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      state = { state: 'failed', project, started, ended: new Date().toISOString(), message: message.slice(0, 500) };
      logger.error({ project, error: message }, 'training failed');
    } finally {
      running = undefined;
    }
  }

  return {
    start(project) {
      if (onTrain === undefined) return 'The model is not trained by annotations; it works as it is.';
      if (!/^\d{1,15}$/.test(project)) return 'Training needs the number of a project.';
      if (running !== undefined) return `A training of project ${state.project} is still running.`;
      running = train(onTrain, project);
      return 'Training has started; /diagnostics says how it goes.';
    },
    get state() {
      return state;
    },
    async close() {
      closing.abort();
      await running;
    },
  };
}
