import type { Click } from '@clickmask/core';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createClickOrder } from './click-order.js';

const click = (x: number, label: Click['label'] = 'positive'): Click => ({ x, y: 1, label });
const points = (clicks: readonly Click[], label: Click['label']) =>
  clicks.filter((one) => one.label === label).map(({ x, y }) => ({ x, y }));
/** A request that is answered with a mask. */
const arrange = (order: ReturnType<typeof createClickOrder>, clicks: readonly Click[]) => {
  const arranged = order.arrange(points(clicks, 'positive'), points(clicks, 'negative'));
  order.remember(arranged);
  return arranged;
};

describe('createClickOrder', () => {
  it('puts positive clicks first where nothing is known', () => {
    const order = createClickOrder();
    expect(arrange(order, [click(1, 'negative'), click(2)]).map((one) => one.x)).toEqual([2, 1]);
  });

  it('finds the order of any clicks that came one by one', () => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { minLength: 1, maxLength: 20 }), (labels) => {
        const order = createClickOrder();
        const clicks = labels.map((positive, i) => click(i, positive ? 'positive' : 'negative'));
        clicks.forEach((_, i) => {
          expect(arrange(order, clicks.slice(0, i + 1))).toEqual(clicks.slice(0, i + 1));
        });
      }),
    );
  });

  it('keeps the order when clicks are taken back and others made', () => {
    const order = createClickOrder();
    const first = [click(1), click(2, 'negative'), click(3), click(4, 'negative')];
    for (let i = 1; i <= 4; i++) arrange(order, first.slice(0, i));
    const undone = first.slice(0, 2);
    expect(arrange(order, undone)).toEqual(undone);
    const other = [...undone, click(9, 'negative'), click(8)];
    expect(arrange(order, other.slice(0, 3))).toEqual(other.slice(0, 3));
    expect(arrange(order, other)).toEqual(other);
  });

  it('keeps two objects of one frame apart', () => {
    const order = createClickOrder();
    const one = [click(1), click(2, 'negative'), click(3)];
    const two = [click(101), click(102, 'negative'), click(103)];
    for (let i = 1; i <= 3; i++) {
      expect(arrange(order, one.slice(0, i))).toEqual(one.slice(0, i));
      expect(arrange(order, two.slice(0, i))).toEqual(two.slice(0, i));
    }
  });

  it('holds every click exactly once', () => {
    const clicks = fc.array(fc.record({ x: fc.integer({ min: 0, max: 4 }), positive: fc.boolean() }), { maxLength: 8 });
    fc.assert(
      fc.property(fc.array(clicks, { maxLength: 12 }), (requests) => {
        const order = createClickOrder();
        for (const request of requests) {
          const wanted = request.map(({ x, positive }) => click(x, positive ? 'positive' : 'negative'));
          const arranged = arrange(order, wanted);
          for (const label of ['positive', 'negative'] as const) {
            expect(points(arranged, label)).toEqual(points(wanted, label));
          }
        }
      }),
    );
  });

  it('keeps nothing of a request that gave no mask', () => {
    const order = createClickOrder();
    order.arrange([{ x: 1, y: 1 }], [{ x: 2, y: 1 }]);
    expect(order.empty).toBe(true);
    arrange(order, [click(2, 'negative')]);
    expect(order.empty).toBe(false);
    expect(arrange(order, [click(2, 'negative'), click(1)]).map(({ x }) => x)).toEqual([2, 1]);
  });

  it('knows a click by both coordinates', () => {
    const order = createClickOrder();
    for (const clicks of [[click(1, 'negative')], [click(1, 'negative'), click(2)]]) arrange(order, clicks);
    expect(order.arrange([{ x: 2, y: 1 }], [{ x: 1, y: 5 }]).map(({ label }) => label)).toEqual([
      'positive',
      'negative',
    ]);
  });

  it('takes the latest of two objects that fit as well', () => {
    const order = createClickOrder();
    for (const at of [1, 11]) {
      for (const end of [1, 2]) arrange(order, [click(at, 'negative'), click(at + 1)].slice(0, end));
    }
    // A click of either: with the order of the first object, the negative click would come last.
    expect(order.arrange([{ x: 2, y: 1 }], [{ x: 11, y: 1 }]).map(({ x }) => x)).toEqual([11, 2]);
  });

  it('remembers nothing of a request without clicks', () => {
    const order = createClickOrder();
    order.remember([]);
    expect([order.empty, order.bytes]).toEqual([true, 0]);
    order.remember([click(1), click(2)]);
    expect([order.empty, order.bytes]).toEqual([false, 128]);
  });

  it('forgets the oldest of many objects, and of objects with many clicks', () => {
    const negativeFirst = (at: number, more = 0) => [
      click(at, 'negative'),
      click(at + 0.5),
      ...Array.from({ length: more }, (_, i) => click(at + (i + 1) / 1e4)),
    ];
    const known = (order: ReturnType<typeof createClickOrder>, clicks: Click[]) =>
      order.arrange(points(clicks, 'positive'), points(clicks, 'negative'))[0].label === 'negative';
    const some = createClickOrder();
    for (let i = 0; i < 33; i++) for (const end of [1, 2]) arrange(some, negativeFirst(i * 10).slice(0, end));
    expect([0, 1, 32].map((i) => known(some, negativeFirst(i * 10)))).toEqual([false, true, true]);
    const many = createClickOrder();
    for (let i = 0; i < 3; i++) for (const end of [1, 2000]) arrange(many, negativeFirst(i * 10, 1998).slice(0, end));
    expect([0, 1, 2].map((i) => known(many, negativeFirst(i * 10)))).toEqual([false, true, true]);
  });
});
