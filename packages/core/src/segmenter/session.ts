import { type Click, checkClicks } from '../clicks/index.js';
import { ClickmaskError, expectInteger, isClickmaskError, unexpected } from '../errors/index.js';
import type { Box, ImagePoint } from '../geometry/index.js';
import { checkRuns, type Mask, type MaskRuns, toRuns } from '../mask/index.js';
import { normaliseBox } from './box-guide.js';
import { type ClickLog, createActionRecorder, type LoggedOptions, type SessionAction } from './click-log.js';
import { type Prediction, type PredictionData, toPrediction, toPredictionData } from './prediction.js';
import type { Segmenter, SegmenterImage, SegmentOptions } from './segmenter.js';

/** Who made a change: what a listener needs to tell a user's own clicks from those it made itself. */
export type SessionOrigin = 'user' | 'undo' | 'redo' | 'replay' | 'program';

/** One state of a session: all that the user has said so far. */
export interface SessionPrompt {
  readonly clicks: readonly Click[];
  readonly box: Box | null;
  /** The mask that the clicks correct. */
  readonly mask: MaskRuns | null;
  /** Which reading of the clicks is wanted. */
  readonly candidate: 'best' | number;
}

/** What listeners are told: first that the prompt changed, then what came of it. */
export type SessionChange =
  | { readonly kind: 'prompt'; readonly origin: SessionOrigin; readonly prompt: SessionPrompt }
  | {
      readonly kind: 'prediction';
      readonly origin: SessionOrigin;
      readonly prompt: SessionPrompt;
      /** Null where there is nothing to predict: no click and no box. */
      readonly prediction: Prediction | null;
    }
  | {
      readonly kind: 'error';
      readonly origin: SessionOrigin;
      readonly prompt: SessionPrompt;
      readonly error: unknown;
    };

/** Options of {@link createSession}; every one has a default. */
export interface CreateSessionOptions extends Pick<SegmentOptions, 'refinement' | 'postprocess' | 'deadlineMs'> {
  /** Names the session to the segmenter, where a newer change replaces one still queued. Default: a name of its own. */
  readonly id?: string;
  /** Changes that can be undone, at most 1000; default 200. */
  readonly historyLimit?: number;
  /** Milliseconds on any clock, for the log; default `performance.now`. */
  readonly now?: () => number;
}

/**
 * One picture being clicked: clicks, box and starting mask with undo and redo, and the latest prediction.
 *
 * Every change is taken at once and then predicted; its promise gives the prediction, or null where there is nothing to
 * predict or a newer change took this one's place in the queue. A change that is not valid rejects and changes nothing.
 * Where a prediction fails, the promise rejects and the change stays, to be undone or tried again with `predict`.
 */
export interface Session {
  readonly image: SegmenterImage;
  readonly clicks: readonly Click[];
  readonly box: Box | null;
  readonly mask: MaskRuns | null;
  readonly candidate: 'best' | number;
  /** Of the present state; while that is computed, or where it failed, of the nearest state before it that has one. */
  readonly prediction: Prediction | null;
  /** Whether the present state's prediction is on its way. */
  readonly isPending: boolean;
  readonly canUndo: boolean;
  readonly canRedo: boolean;
  add(click: Click, origin?: SessionOrigin): Promise<Prediction | null>;
  /** Moves the click at `index`; its place in the order stays. */
  move(index: number, to: ImagePoint, origin?: SessionOrigin): Promise<Prediction | null>;
  remove(index: number, origin?: SessionOrigin): Promise<Prediction | null>;
  /** Takes away clicks, box and starting mask, as one step. */
  clear(origin?: SessionOrigin): Promise<Prediction | null>;
  setBox(box: Box | null, origin?: SessionOrigin): Promise<Prediction | null>;
  /** Starts from a mask of the picture's size, to be corrected by clicks. */
  setMask(mask: Mask | MaskRuns | null, origin?: SessionOrigin): Promise<Prediction | null>;
  /** Takes another reading of the same clicks; the next click goes back to the model's own choice (`best`). */
  choose(candidate: 'best' | number, origin?: SessionOrigin): Promise<Prediction | null>;
  /** Goes back one step, to the prediction it had; without one to undo nothing changes. */
  undo(origin?: SessionOrigin): Promise<Prediction | null>;
  redo(origin?: SessionOrigin): Promise<Prediction | null>;
  /** The present state's prediction, computed where it is missing. */
  predict(origin?: SessionOrigin): Promise<Prediction | null>;
  /**
   * Calls the listener on every change, in order. What a listener throws rejects the call that led to it.
   *
   * @returns ends the listening
   */
  onChange(listener: (change: SessionChange) => void): () => void;
  /** All that was done so far, as plain JSON; see {@link ClickLog}. */
  log(): ClickLog;
  /** Gives up what is on its way (`aborted`) and refuses all that follows (`closed`). The picture stays open. */
  dispose(): void;
}

/** Clicks that a session takes at most; a segmenter may accept fewer. */
const maxClicks = 1000;

const empty: SessionPrompt = Object.freeze({ clicks: Object.freeze([]), box: null, mask: null, candidate: 'best' });

/** A prompt in the history, and what is known of its prediction. */
interface State {
  readonly prompt: SessionPrompt;
  /** Without the mask of bytes, so that a long history stays small. */
  data: PredictionData | null;
  pending: Promise<Prediction | null> | null;
}

/**
 * Begins to click on a picture.
 *
 * @throws ClickmaskError `bad-option`
 *
 * @example
 * ```ts
 * import { readFile } from 'node:fs/promises';
 * import { createSegmenter, createSession } from '@clickmask/core/node';
 *
 * const segmenter = await createSegmenter();
 * const image = await segmenter.open(await readFile('photo.jpg'));
 * const session = createSession(segmenter, image);
 * await session.add({ x: 320, y: 240, label: 'positive' });
 * const area = session.prediction?.area;
 * await session.add({ x: 40, y: 40, label: 'negative' });
 * await session.undo();
 * console.log(session.clicks.length, session.prediction?.area === area); // 1 true
 * session.dispose();
 * await segmenter.close();
 * ```
 */
export function createSession(
  segmenter: Pick<Segmenter, 'info' | 'segment'>,
  image: SegmenterImage,
  options: CreateSessionOptions = {},
): Session {
  const { refinement, postprocess, deadlineMs, historyLimit = 200, now = () => performance.now() } = options;
  expectInteger('bad-option', 'historyLimit', historyLimit, 0, 1000);
  const id = options.id ?? `session ${Math.random().toString(36).slice(2)}`;
  const logged: LoggedOptions = { ...(refinement && { refinement }), ...(postprocess && { postprocess }) };
  const recorder = createActionRecorder(segmenter, image, logged, now);
  const listeners = new Set<(change: SessionChange) => void>();
  const controller = new AbortController();
  let states: readonly State[] = [{ prompt: empty, data: null, pending: null }];
  let current = 0;
  let shown: { readonly data: PredictionData; readonly prediction: Prediction } | null = null;

  const emit = (change: SessionChange) => {
    let failure: { readonly error: unknown } | null = null;
    for (const listener of [...listeners]) {
      try {
        listener(change);
      } catch (error) {
        failure ??= { error };
      }
    }
    if (failure !== null) throw failure.error;
  };

  /** One prediction object per data, so that its mask of bytes is made once. */
  const present = (data: PredictionData): Prediction => {
    if (shown?.data !== data) shown = { data, prediction: toPrediction(data) };
    return shown.prediction;
  };

  const ask = async (state: State): Promise<Prediction | null> => {
    const { clicks, box, mask, candidate } = state.prompt;
    try {
      const prediction = await segmenter.segment(
        image,
        { clicks, ...(box === null ? {} : { box }), ...(mask === null ? {} : { mask }) },
        { refinement, postprocess, candidate, deadlineMs, session: id, signal: controller.signal },
      );
      state.data = toPredictionData(prediction);
      return present(state.data);
    } finally {
      state.pending = null;
    }
  };

  /** Asked once more where a newer change took the state's place, and the session has come back to it since. */
  const answerOf = async (state: State): Promise<Prediction | null> => {
    state.pending ??= ask(state);
    try {
      return await state.pending;
    } catch (error) {
      if (!isClickmaskError(error, 'superseded') || state !== states[current]) throw error;
      state.pending ??= ask(state);
      return await state.pending;
    }
  };

  /** The state whose prediction is the session's: the present one, or the nearest before it that has any. */
  const visible = (): State | null => {
    for (let i = current; i >= 0; i--) if (states[i].data !== null || isEmpty(states[i].prompt)) return states[i];
    return null;
  };

  /** The state's prediction: the one it has, the one on its way, or a new one. */
  const settle = async (state: State, origin: SessionOrigin): Promise<Prediction | null> => {
    const { prompt } = state;
    let prediction: Prediction | null = null;
    try {
      if (state.data !== null) prediction = present(state.data);
      else if (!isEmpty(prompt)) prediction = await answerOf(state);
    } catch (error) {
      if (isClickmaskError(error, 'superseded')) return null;
      if (state === states[current]) emit({ kind: 'error', origin, prompt, error });
      throw error;
    }
    // A late prediction of a state that was left meanwhile is kept, but not shown.
    if (state === visible()) emit({ kind: 'prediction', origin, prompt, prediction });
    return prediction;
  };

  const goTo = (index: number, origin: SessionOrigin, action: SessionAction): Promise<Prediction | null> => {
    current = index;
    recorder.add(action);
    const state = states[current];
    emit({ kind: 'prompt', origin, prompt: state.prompt });
    return settle(state, origin);
  };

  const commit = (
    change: Partial<SessionPrompt>,
    origin: SessionOrigin,
    action: SessionAction,
  ): Promise<Prediction | null> => {
    const prompt = Object.freeze({ ...states[current].prompt, ...change });
    const kept = states.slice(Math.max(0, current + 1 - historyLimit), current + 1);
    states = [...kept, { prompt, data: null, pending: null }];
    return goTo(states.length - 1, origin, action);
  };

  const commitClicks = (clicks: readonly Click[], origin: SessionOrigin, action: () => SessionAction) => {
    if (clicks.length > maxClicks) {
      const message = `Expected at most ${maxClicks} clicks in a session but received ${clicks.length}. Take some away.`;
      throw new ClickmaskError('too-many-clicks', message);
    }
    checkClicks(clicks, image);
    const copies = clicks.map(({ x, y, label }) => Object.freeze({ x, y, label }));
    return commit({ clicks: Object.freeze(copies), candidate: 'best' }, origin, action());
  };

  const clickAt = (index: number): Click => {
    const { clicks } = states[current].prompt;
    const click = clicks[index];
    if (click === undefined) {
      throw unexpected('bad-click', 'index', `the index of one of ${clicks.length} clicks`, index);
    }
    return click;
  };

  const refuseWhenDisposed = () => {
    if (controller.signal.aborted) throw disposedError();
  };

  return {
    image,
    get clicks() {
      return states[current].prompt.clicks;
    },
    get box() {
      return states[current].prompt.box;
    },
    get mask() {
      return states[current].prompt.mask;
    },
    get candidate() {
      return states[current].prompt.candidate;
    },
    get prediction() {
      const data = visible()?.data ?? null;
      return data === null ? null : present(data);
    },
    get isPending() {
      return states[current].pending !== null;
    },
    get canUndo() {
      return current > 0;
    },
    get canRedo() {
      return current < states.length - 1;
    },

    async add(click, origin = 'user') {
      refuseWhenDisposed();
      const clicks = [...states[current].prompt.clicks, click];
      return commitClicks(clicks, origin, () => ({
        action: 'add',
        click: { x: click.x, y: click.y, label: click.label },
      }));
    },
    async move(index, to, origin = 'user') {
      refuseWhenDisposed();
      const moved: Click = { ...clickAt(index), x: to?.x, y: to?.y };
      const clicks = states[current].prompt.clicks.map((click, i) => (i === index ? moved : click));
      return commitClicks(clicks, origin, () => ({ action: 'move', index, to: { x: moved.x, y: moved.y } }));
    },
    async remove(index, origin = 'user') {
      refuseWhenDisposed();
      clickAt(index);
      const clicks = states[current].prompt.clicks.filter((_, i) => i !== index);
      return commitClicks(clicks, origin, () => ({ action: 'remove', index }));
    },
    async clear(origin = 'user') {
      refuseWhenDisposed();
      return commit(empty, origin, { action: 'clear' });
    },
    async setBox(box, origin = 'user') {
      refuseWhenDisposed();
      const checked = box === null ? null : Object.freeze(normaliseBox(box, image));
      return commit({ box: checked, candidate: 'best' }, origin, { action: 'box', box: checked });
    },
    async setMask(mask, origin = 'user') {
      refuseWhenDisposed();
      const checked = mask === null ? null : ownRuns(mask, image);
      return commit({ mask: checked, candidate: 'best' }, origin, { action: 'mask', mask: checked });
    },
    async choose(candidate, origin = 'user') {
      refuseWhenDisposed();
      const { candidates } = segmenter.info.capabilities;
      if (candidate !== 'best') expectInteger('bad-option', 'candidate', candidate, 0, candidates - 1);
      return commit({ candidate }, origin, { action: 'choose', candidate });
    },
    async undo(origin = 'undo') {
      refuseWhenDisposed();
      if (current === 0) return settle(states[current], origin);
      return goTo(current - 1, origin, { action: 'undo' });
    },
    async redo(origin = 'redo') {
      refuseWhenDisposed();
      if (current === states.length - 1) return settle(states[current], origin);
      return goTo(current + 1, origin, { action: 'redo' });
    },
    async predict(origin = 'program') {
      refuseWhenDisposed();
      return settle(states[current], origin);
    },
    onChange(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    log: () => recorder.log(),
    dispose() {
      if (controller.signal.aborted) return;
      controller.abort(disposedError());
      listeners.clear();
      shown = null;
    },
  };
}

function isEmpty({ clicks, box }: SessionPrompt): boolean {
  return clicks.length === 0 && box === null;
}

/** Checked runs of its own, so that what the caller does to theirs later cannot reach into the history. */
function ownRuns(mask: Mask | MaskRuns, image: SegmenterImage): MaskRuns {
  const runs = toRuns(mask);
  checkRuns(runs);
  const { width, height, rows, spans } = runs;
  if (width !== image.width || height !== image.height) {
    const expected = `a mask of the picture's size, ${image.width} x ${image.height} px`;
    throw unexpected('bad-mask', 'mask', expected, `${width} x ${height} px`);
  }
  return Object.freeze({ width, height, rows: rows.slice(), spans: spans.slice() });
}

function disposedError(): ClickmaskError {
  return new ClickmaskError('closed', 'The session is disposed. Create a new one.');
}
