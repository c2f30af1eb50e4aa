import type { Segmenter } from '@clickmask/core';
import { modelInUse } from '@clickmask/core/node';
import type { Logger } from '../diagnostics/index.js';
import type { SwitchingSegmenter } from './switching-segmenter.js';

export interface FollowOptions {
  /** The file that `clickmask models use` writes. */
  readonly modelsFolder: string;
  readonly open: (model: string) => Promise<Segmenter>;
  readonly logger: Logger;
  /** Milliseconds between two checks of the file. Default 2000. */
  readonly everyMs?: number;
}

/**
 * Loads the model chosen by `clickmask models use` whenever the choice changes, and answers clicks with it. If it
 * cannot be loaded, the log says so and the present model stays.
 *
 * @returns a function that stops it
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
      logger.error({ model: wanted, error: String(error) }, 'model in use cannot be loaded; the former one stays');
    }
  }

  // The file is polled: a missing file or a network drive sends no change events, and a watcher misses changes that
  // happen before it starts.
  const timer = setInterval(() => {
    turn = turn.then(follow);
  }, everyMs);
  timer.unref();
  return () => {
    isEnded = true;
    clearInterval(timer);
  };
}
