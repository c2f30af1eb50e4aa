import { describe, expect, it } from 'vitest';
import { type Content, contentOf, digestOf, isAsWritten } from './content.js';

const red = { spec_id: 2, value: 'red' };
const ten = { spec_id: 10, value: '10' };
const shape: Content = { type: 'mask', group: 0, points: [1, 2], attributes: [red, ten], outside: false };

/** Spellings of the same content by other servers and other replies. */
const alike: [string, Content][] = [
  ['another id', { ...shape, id: 7 }],
  ['a field that is undefined', { ...shape, description: undefined }],
  ['an empty list of elements', { ...shape, elements: [] }],
  ['null as group', { ...shape, group: null }],
  ['attributes in another order', { ...shape, attributes: [ten, red] }],
  ['a number as value of an attribute', { ...shape, attributes: [red, { spec_id: 10, value: 10 }] }],
  ['further fields in attributes', { ...shape, attributes: [{ ...red, id: 4 }, ten] }],
  ['fields in another order', Object.fromEntries(Object.entries(shape).reverse())],
];

/** What somebody may have changed. */
const different: [string, Content][] = [
  ['another kind', { ...shape, type: 'polygon' }],
  ['another group', { ...shape, group: 3 }],
  ['other points', { ...shape, points: [1, 3] }],
  ['points in another order', { ...shape, points: [2, 1] }],
  ['no points', { ...shape, points: [] }],
  ['another value of an attribute', { ...shape, attributes: [red, { ...ten, value: '11' }] }],
  ['the value at another attribute', { ...shape, attributes: [red, { ...ten, spec_id: 11 }] }],
  ['an attribute less', { ...shape, attributes: [red] }],
  ['a flag', { ...shape, outside: true }],
];

/** What only a reading of the server tells. */
const more: [string, Content][] = [
  ['elements', { ...shape, elements: [{ type: 'points' }] }],
  ['a field of the server', { ...shape, description: 'mine' }],
  ['an empty list', { ...shape, tags: [] }],
  ['null', { ...shape, description: null }],
];

describe('the content of shapes', () => {
  it.each(alike)('is equal with %s', (_, other) => {
    expect(contentOf(other)).toBe(contentOf(shape));
    expect(digestOf(other)).toBe(digestOf(shape));
    expect(isAsWritten(shape, other)).toBe(true);
    expect(isAsWritten(other, shape)).toBe(true);
  });

  it.each(different)('differs with %s', (_, other) => {
    expect(contentOf(other)).not.toBe(contentOf(shape));
    expect(digestOf(other)).not.toBe(digestOf(shape));
    expect(isAsWritten(shape, other)).toBe(false);
  });

  it.each(more)('differs with %s, which nobody wrote', (_, other) => {
    expect(contentOf(other)).not.toBe(contentOf(shape));
    expect(isAsWritten(shape, other)).toBe(true);
    expect(isAsWritten(other, shape)).toBe(false);
  });

  it('has digests that stay, since files keep them', () => {
    expect(digestOf(shape)).toBe('_1qH9k0B84R24tpjim52nGzU3iCNoRsIsqWFHZyPwXE');
  });
});
