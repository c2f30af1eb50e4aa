import { ClickmaskError, isClickmaskError } from '../errors/index.js';
import { cocoRle } from '../formats/index.js';
import type { Size } from '../geometry/index.js';
import { type ClickLog, type LoggedAction, parseClickLog } from './click-log.js';
import type { Segmenter, SegmenterImage } from './segmenter.js';
import { type CreateSessionOptions, createSession, type Session } from './session.js';

/** Options of {@link replayClickLog}. */
export interface ReplayOptions extends Pick<CreateSessionOptions, 'id' | 'deadlineMs' | 'now'> {
  /** Replays also where the log was made with another model; masks then differ. Default false. */
  readonly anyModel?: boolean;
}

/**
 * Does again what a log says, on the same picture, and computes the mask it ended with. The session that it gives goes
 * on from there: all earlier steps can be undone.
 *
 * @param log - as {@link parseClickLog} gives it
 * @throws ClickmaskError `bad-format`; `bad-image` where the log was made on another picture; `bad-model` where it was
 * made with another model; what `segment` throws
 *
 * @example
 * ```ts
 * import { readFile } from 'node:fs/promises';
 * import { createSegmenter, createSession } from '@clickmask/core/node';
 * import { replayClickLog } from '@clickmask/core/session';
 *
 * const segmenter = await createSegmenter();
 * const image = await segmenter.open(await readFile('photo.jpg'));
 * const session = createSession(segmenter, image);
 * await session.add({ x: 320, y: 240, label: 'positive' });
 * const saved = JSON.stringify(session.log());
 *
 * const again = await replayClickLog(segmenter, image, JSON.parse(saved));
 * console.log(again.prediction?.area === session.prediction?.area); // true
 * await segmenter.close();
 * ```
 */
export async function replayClickLog(
  segmenter: Segmenter,
  image: SegmenterImage,
  log: ClickLog,
  options: ReplayOptions = {},
): Promise<Session> {
  const { anyModel = false, ...rest } = options;
  const { image: picture, model, options: logged, actions } = parseClickLog(log);
  const otherContent = [picture.key, image.key].every((key) => key.startsWith('sha256:')) && picture.key !== image.key;
  if (picture.width !== image.width || picture.height !== image.height || otherContent) {
    const made = `the picture '${picture.key}', ${picture.width} x ${picture.height} px`;
    const message = `Expected ${made}, on which the log was made, but received '${image.key}', ${image.width} x ${image.height} px.`;
    throw new ClickmaskError('bad-image', message);
  }
  if (!anyModel && model !== segmenter.info.model) {
    const message = `Expected the model '${model}', with which the log was made, but received '${segmenter.info.model}'. Load that model, or allow any (anyModel).`;
    throw new ClickmaskError('bad-model', message);
  }
  // Earlier states need no mask of their own: the last one does not depend on whether they were computed.
  let skip = true;
  const session = createSession(
    {
      // A reading chosen on the way may be one that only the log's own model has.
      get info() {
        const { info } = segmenter;
        return skip ? { ...info, capabilities: { ...info.capabilities, candidates: Infinity } } : info;
      },
      segment: (...call) => (skip ? Promise.reject(skipped()) : segmenter.segment(...call)),
    },
    image,
    { ...rest, ...logged, historyLimit: 1000 },
  );
  try {
    for (const action of actions) await perform(session, action, image);
    skip = false;
    await session.predict('replay');
    return session;
  } catch (error) {
    session.dispose();
    throw error;
  }
}

/** What a session takes for a newer change: not an error, and the prediction can still be asked for. */
function skipped(): ClickmaskError {
  return new ClickmaskError('superseded', 'A later action of the log takes this one’s place.');
}

async function perform(session: Session, action: LoggedAction, size: Size): Promise<void> {
  switch (action.action) {
    case 'add':
      await session.add(action.click, 'replay');
      break;
    case 'move':
      await session.move(action.index, action.to, 'replay').catch(asBadFormat);
      break;
    case 'remove':
      await session.remove(action.index, 'replay').catch(asBadFormat);
      break;
    case 'box':
      await session.setBox(action.box, 'replay');
      break;
    case 'mask':
      await session.setMask(action.mask === null ? null : cocoRle.parse(action.mask, { size }), 'replay');
      break;
    case 'choose':
      await session.choose(action.candidate, 'replay');
      break;
    case 'clear':
    case 'undo':
    case 'redo':
      await session[action.action]('replay');
      break;
    default:
      action satisfies never;
  }
}

/** An index that no click has can only be told while replaying. */
function asBadFormat(error: unknown): never {
  if (isClickmaskError(error, 'bad-click')) throw new ClickmaskError('bad-format', error.message, { cause: error });
  throw error;
}
