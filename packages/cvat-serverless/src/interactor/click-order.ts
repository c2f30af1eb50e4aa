import type { Click } from '@clickmask/core';
import type { RequestPoint } from './parse-request.js';

/** Orders that are remembered of one picture: objects under work, of all annotators. */
const REMEMBERED = 32;
/** Clicks in all of them together. */
const REMEMBERED_CLICKS = 4096;
/** Of a click, with what the list adds to it. */
const CLICK_BYTES = 64;

/**
 * Finds the order in which clicks were made. CVAT sends positive and negative clicks as two lists, all of them each time,
 * so the order between the lists is lost; it is found again from the requests before: what they held comes first, in their
 * order, and what is new follows. Where nothing is known, positive clicks come first.
 *
 * The order matters: the first click is the anchor of the object, and the mask is refined from click to click.
 */
export interface ClickOrder {
  arrange(positive: readonly RequestPoint[], negative: readonly RequestPoint[]): Click[];
  /** Keeps an order that gave a mask; nothing is kept of a request that was refused. */
  remember(clicks: readonly Click[]): void;
  /** Whether nothing is remembered. */
  readonly empty: boolean;
  /** Memory that is taken, roughly. */
  readonly bytes: number;
}

export function createClickOrder(): ClickOrder {
  // Latest last.
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
      // A request that takes up another one replaces it, as the next click of the same object does.
      const of = (label: Click['label']) => clicks.filter((click) => click.label === label);
      const taken = latest(of('positive'), of('negative'))?.from;
      known = [...known.filter((order) => order !== taken), clicks].slice(-REMEMBERED);
      let count = known.reduce((sum, order) => sum + order.length, 0);
      while (count > REMEMBERED_CLICKS) count -= known.shift()?.length ?? count;
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
