import { expect, expectTypeOf, test } from 'vitest';
import type { ChangeOrigin } from '../annotation/annotation.js';
import { ClickmaskAnnotatorElement } from './clickmask-annotator.js';

test('what is asked of the segmenter can be read back', () => {
  const element = new ClickmaskAnnotatorElement();
  expect(element.segmentOptions).toEqual({});
  const options = { refinement: { cascade: 'off' } } as const;
  element.segmentOptions = options;
  expect(element.segmentOptions).toEqual(options);
  expect(element.segmentOptions).not.toBe(options);
});

// Never called: it only has to type-check.
function listen(element: HTMLElementTagNameMap['clickmask-annotator']): void {
  expectTypeOf(element).toEqualTypeOf<ClickmaskAnnotatorElement>();
  element.addEventListener('clickmask-accept', ({ detail }) => expectTypeOf(detail.id).toBeString());
  element.addEventListener('keydown', function ({ key }) {
    expectTypeOf(key).toBeString();
    expectTypeOf(this).toEqualTypeOf<ClickmaskAnnotatorElement>();
  });
  element.addEventListener('of-the-page', (event) => expectTypeOf(event).toEqualTypeOf<Event>());
  const change = ({ detail }: HTMLElementEventMap['click']) => expectTypeOf(detail).toBeNumber();
  element.removeEventListener('click', change);
  element.removeEventListener('clickmask-change', ({ detail }) =>
    expectTypeOf(detail.origin).toEqualTypeOf<ChangeOrigin>(),
  );
}

test('events of the widget and of all elements are typed', () => expect(listen).toBeTypeOf('function'));
