import type { Click } from '@clickmask/core';
import type { RequestPoint } from './parse-request.js';

/** Orders that are remembered of one picture: objects under work, of all annotators. */
const REMEMBERED = 32;

/**
 * Finds the order in which clicks were made. CVAT sends positive and negative clicks as two lists, all of them each time,
 * so the order between the lists is lost; it is found again from the requests before: what they held comes first, in their
 * order, and what is new follows. Where nothing is known, positive clicks come first.
 *
 * The order matters: the first click is the anchor of the object, and the mask is refined from click to click.
 */
export interface ClickOrder {
  arrange(positive: readonly RequestPoint[], negative: readonly RequestPoint[]): Click[];
}

export function createClickOrder(): ClickOrder {
  // Latest last.
  const known: (readonly Click[])[] = [];
  return {
    arrange(positive, negative) {
      let best: Click[] = [];
      let source = -1;
      for (let i = known.length - 1; i >= 0; i--) {
        const common = inCommon(known[i], positive, negative);
        if (common.length > best.length) {
          best = common;
          source = i;
        }
      }
      const clicks = [...best, ...remaining(best, positive, 'positive'), ...remaining(best, negative, 'negative')];
      // A request that takes up another one replaces it, as the next click of the same object does.
      if (source !== -1) known.splice(source, 1);
      if (clicks.length > 0) known.push(clicks);
      if (known.length > REMEMBERED) known.shift();
      return clicks;
    },
  };
}

/** Clicks of an earlier request that are in this one, each list in its own order. Undone clicks drop out. */
function inCommon(
  order: readonly Click[],
  positive: readonly RequestPoint[],
  negative: readonly RequestPoint[],
): Click[] {
  const lists = { positive, negative };
  const next = { positive: 0, negative: 0 };
  const common: Click[] = [];
  for (const click of order) {
    const point = lists[click.label][next[click.label]];
    if (point === undefined || point.x !== click.x || point.y !== click.y) continue;
    next[click.label] += 1;
    common.push(click);
  }
  return common;
}

function remaining(taken: readonly Click[], points: readonly RequestPoint[], label: Click['label']): Click[] {
  const count = taken.reduce((sum, click) => sum + (click.label === label ? 1 : 0), 0);
  return points.slice(count).map(({ x, y }) => ({ x, y, label }));
}
