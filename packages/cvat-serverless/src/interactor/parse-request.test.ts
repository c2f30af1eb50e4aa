import { describe, expect, it } from 'vitest';
import { parseRequest } from './parse-request.js';

const image = 'aGVsbG8=';

describe('parseRequest', () => {
  const full = {
    image,
    pos_points: [[1.25, 2]],
    neg_points: [[3, 4.5]],
    obj_bbox: [
      [0, 0],
      [5, 6],
    ],
  };

  it.each([
    ['an object', full],
    ['text', JSON.stringify(full)],
    ['bytes', Buffer.from(JSON.stringify(full))],
    ['a typed array', new Uint8Array(Buffer.from(JSON.stringify(full)))],
    ['text with a byte order mark', `\ufeff${JSON.stringify(full)}`],
    ['text in text', JSON.stringify(JSON.stringify(full))],
  ])('reads %s', (_, body) => {
    expect(parseRequest(body)).toEqual({
      image,
      positive: [{ x: 1.25, y: 2 }],
      negative: [{ x: 3, y: 4.5 }],
      boxes: [{ x1: 0, y1: 0, x2: 5, y2: 6 }],
      threshold: null,
    });
  });

  it.each([
    ['first', { image: 'A'.repeat(100_000), pos_points: [[1, 2]], neg_points: [] }],
    ['after a threshold', { threshold: 0.5, image: 'A'.repeat(100_000), pos_points: [[1, 2]] }],
    ['last', { pos_points: [[1, 2]], note: 'x'.repeat(5000), image: 'A'.repeat(100_000) }],
    ['in a data URL', { image: `data:image/png;base64,${'A'.repeat(100_000)}`, pos_points: [[1, 2]] }],
    ['after another image', { other: { image: 'B'.repeat(90_000) }, image: 'A'.repeat(100_000), pos_points: [[1, 2]] }],
    [
      'twice, of which the last counts',
      `{"image":"${'B'.repeat(70_000)}","pos_points":[[1,2]],"image":"${'A'.repeat(100_000)}"}`,
    ],
    ['with escaped slashes', `{"image":"${'A'.repeat(70_000)}\\/","pos_points":[[1,2]]}`],
  ])('reads a large request as the JSON parser does, the image %s', (_, body) => {
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    for (const spaced of [text, text.replace('"image":', '"image" : ')]) {
      const request = parseRequest(Buffer.from(spaced));
      expect({ ...request, image: request.image.toString() }).toEqual(parseRequest(spaced));
    }
  });

  it('refuses large noise', () => {
    for (const text of [
      'x'.repeat(100_000),
      `{"image":"${'A'.repeat(100_000)}`,
      `["image":"${'A'.repeat(100_000)}"]`,
    ]) {
      expect(() => parseRequest(Buffer.from(text))).toThrow(expect.objectContaining({ code: 'bad-format' }));
    }
  });

  it.each([undefined, null, []])('takes %s for no box', (box) => {
    expect(parseRequest({ image, pos_points: [[1, 1]], obj_bbox: box }).boxes).toEqual([]);
  });

  it('takes missing and null lists for empty ones', () => {
    expect(parseRequest({ image, pos_points: null }).positive).toEqual([]);
    expect(parseRequest({ image }).negative).toEqual([]);
  });

  it('takes a box as four numbers and points as objects', () => {
    const request = parseRequest({ image, pos_points: [{ x: 1, y: 2 }], obj_bbox: [4, 3, 2, 1] });
    expect(request.boxes).toEqual([{ x1: 4, y1: 3, x2: 2, y2: 1 }]);
    expect(request.positive).toEqual([{ x: 1, y: 2 }]);
  });

  it('takes the head off a data URL', () => {
    expect(parseRequest({ image: `data:image/png;base64,${image}` }).image).toBe(image);
  });

  it('reads a threshold', () => {
    expect(parseRequest({ image, threshold: 0.4 }).threshold).toBe(0.4);
  });

  it.each([
    ['no JSON', 'hello', 'bad-format'],
    ['a list', [1], 'bad-format'],
    ['nothing', undefined, 'bad-format'],
    ['a number', 5, 'bad-format'],
    ['no image', {}, 'bad-image'],
    ['an empty image', { image: '' }, 'bad-image'],
    ['a number as image', { image: 7 }, 'bad-image'],
    ['a data URL that is not base64', { image: 'data:image/png,abc' }, 'bad-image'],
    ['a point of one number', { image, pos_points: [[1]] }, 'bad-click'],
    ['a point of text', { image, pos_points: [['1', '2']] }, 'bad-click'],
    ['a point that is null', { image, neg_points: [null] }, 'bad-click'],
    ['points that are an object', { image, pos_points: { x: 1 } }, 'bad-click'],
    ['far too many points', { image, pos_points: Array.from({ length: 10_001 }, () => [1, 1]) }, 'too-many-clicks'],
    ['a box of one corner', { image, obj_bbox: [[1, 1]] }, 'bad-box'],
    ['a box and a corner', { image, obj_bbox: Array(3).fill([1, 1]) }, 'bad-box'],
    ['seventeen boxes', { image, obj_bbox: Array(34).fill([1, 1]) }, 'bad-box'],
    ['a box of text', { image, obj_bbox: 'all' }, 'bad-box'],
    [
      'a box with a null',
      {
        image,
        obj_bbox: [
          [1, null],
          [2, 2],
        ],
      },
      'bad-box',
    ],
    ['a threshold above 1', { image, threshold: 5 }, 'bad-option'],
  ])('refuses %s', (_, body, code) => {
    expect(() => parseRequest(body)).toThrow(expect.objectContaining({ code }));
  });
});
