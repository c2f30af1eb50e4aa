import type { Segmenter } from '@clickmask/core';
import { modelInUse } from '@clickmask/core/node';
import type { Logger } from '../diagnostics/index.js';
import type { SwitchingSegmenter } from './switching-segmenter.js';

export interface FollowOptions {
  /** Where the choice of `clickmask models use` lies. */
  readonly modelsFolder: string;
  readonly open: (model: string) => Promise<Segmenter>;
  readonly logger: Logger;
  /** How often the choice is looked at. Default 2000. */
  readonly everyMs?: number;
}

/**
 * Loads the model that `clickmask models use` chooses, whenever that changes, and puts it in front of clicks. One that
 * cannot be loaded is told in the log, and the one before goes on.
 *
 * @returns what ends it
 */
export function followModelInUse(segmenter: SwitchingSegmenter, options: FollowOptions): () => void {
  const { modelsFolder, open, logger, everyMs = 2000 } = options;
  let model = modelInUse(modelsFolder);
  let isEnded = false;
  let turn = Promise.resolve();

  async function follow(): Promise<void> {
    const wanted = modelInUse(modelsFolder);
    if (wanted === model || isEnded) return;
    model = wanted;
    try {
      const next = await open(wanted);
      if (isEnded) return await next.close();
      segmenter.switchTo(next);
      logger.info({ model: next.info.model }, 'model in use has changed');
    } catch (error) {
      logger.error({ model: wanted, error: String(error) }, 'model in use cannot be loaded; the one before goes on');
    }
  }

  // Asked again and again, since a file that is not there yet, or lies on a network drive, tells nobody of its changes; and
  // not by a watcher, which misses what changes before its own first look.
  const timer = setInterval(() => {
    turn = turn.then(follow);
  }, everyMs);
  timer.unref();
  return () => {
    isEnded = true;
    clearInterval(timer);
  };
}
