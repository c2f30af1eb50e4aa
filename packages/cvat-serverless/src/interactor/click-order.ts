import type { Click } from '@clickmask/core';
import type { RequestPoint } from './parse-request.js';

/** Maximum remembered orders per image: objects in work, of all annotators. */
const REMEMBERED = 32;
/** Maximum clicks in all of them together. */
const REMEMBERED_CLICKS = 4096;
/** Bytes per click, with the list's overhead. */
const CLICK_BYTES = 64;

/**
 * Recovers the order in which clicks were made. CVAT sends all positive and negative clicks each time, as two lists, so
 * their relative order is lost. It is recovered from earlier requests: known clicks come first in their known order,
 * then the new ones. Without an earlier request, positive clicks come first.
 *
 * The order matters: the first click is the object's anchor, and the mask is refined from click to click.
 */
export interface ClickOrder {
  arrange(positive: readonly RequestPoint[], negative: readonly RequestPoint[]): Click[];
  /** Remembers an order that produced a mask. Refused requests are not remembered. */
  remember(clicks: readonly Click[]): void;
  /** Whether nothing is remembered. */
  readonly empty: boolean;
  /** Approximate memory in bytes. */
  readonly bytes: number;
}

export function createClickOrder(): ClickOrder {
  // The latest is last.
  let known: (readonly Click[])[] = [];
  const latest = (positive: readonly RequestPoint[], negative: readonly RequestPoint[]) => {
    let best: { readonly common: Click[]; readonly from: readonly Click[] } | null = null;
    for (const from of [...known].reverse()) {
      const common = inCommon(from, positive, negative);
      if (common.length > (best?.common.length ?? 0)) best = { common, from };
    }
    return best;
  };
  return {
    get empty() {
      return known.length === 0;
    },
    get bytes() {
      return CLICK_BYTES * known.reduce((sum, order) => sum + order.length, 0);
    },
    arrange(positive, negative) {
      const common = latest(positive, negative)?.common ?? [];
      return [...common, ...remaining(common, positive, 'positive'), ...remaining(common, negative, 'negative')];
    },
    remember(clicks) {
      if (clicks.length === 0) return;
      // A request that continues another one replaces it, like the next click of the same object.
      const of = (label: Click['label']) => clicks.filter((click) => click.label === label);
      const taken = latest(of('positive'), of('negative'))?.from;
      known = [...known.filter((order) => order !== taken), clicks].slice(-REMEMBERED);
      let count = known.reduce((sum, order) => sum + order.length, 0);
      while (count > REMEMBERED_CLICKS) count -= known.shift()?.length ?? count;
    },
  };
}

/** Clicks of an earlier request that are also in this one, each list in its own order. Undone clicks are left out. */
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
