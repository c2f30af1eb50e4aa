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

  it.each([0, 0.4, 1])('reads %d as a threshold', (threshold) => {
    expect(parseRequest({ image, threshold }).threshold).toBe(threshold);
  });

  it.each([undefined, null])('takes %s for no threshold', (threshold) => {
    expect(parseRequest({ image, threshold }).threshold).toBe(null);
  });

  it('takes several boxes in their order, and as many as there may be', () => {
    const corners = Array.from({ length: 32 }, (_, i) => [i, 100 + i]);
    const boxes = parseRequest({ image, obj_bbox: corners }).boxes;
    expect(boxes).toEqual(
      Array.from({ length: 16 }, (_, i) => ({ x1: 2 * i, y1: 100 + 2 * i, x2: 2 * i + 1, y2: 101 + 2 * i })),
    );
  });

  it('takes two boxes for two boxes, not for four numbers', () => {
    expect(parseRequest({ image, obj_bbox: Array(4).fill([1, 2]) }).boxes).toHaveLength(2);
  });

  it('takes as many points as there may be', () => {
    const pos_points = Array.from({ length: 10_000 }, (_, i) => [i, 1]);
    expect(parseRequest({ image, pos_points }).positive).toHaveLength(10_000);
  });

  it('parses the image of a large request never, and of a small one always', () => {
    const body = (length: number) => Buffer.from(JSON.stringify({ image: 'A'.repeat(length), pos_points: [[1, 2]] }));
    expect(typeof parseRequest(body(60_000)).image).toBe('string');
    const sizes = [64 * 1024 - 34, 64 * 1024 - 33].map((length) => body(length));
    expect(sizes.map(({ byteLength }) => byteLength)).toEqual([64 * 1024 - 1, 64 * 1024]);
    expect(sizes.map((one) => Buffer.isBuffer(parseRequest(one).image))).toEqual([false, true]);
  });

  it.each([
    ['first', '{"image":"IMAGE","pos_points":[[1,2]]}'],
    ['first, with spaces', '{"image" : "IMAGE", "pos_points": [[1, 2]]}'],
    ['late', `{"note":"${'x'.repeat(5000)}","pos_points":[[1,2]],"image":"IMAGE"}`],
    ['late, with spaces', `{"note":"${'x'.repeat(5000)}","pos_points":[[1,2]],"image" : "IMAGE"}`],
  ])('leaves the image of a large request as bytes, the image %s', (_, text) => {
    const { image: bytes, positive } = parseRequest(Buffer.from(text.replace('IMAGE', 'A'.repeat(70_000))));
    expect([Buffer.isBuffer(bytes), bytes.toString() === 'A'.repeat(70_000)]).toEqual([true, true]);
    expect(positive).toEqual([{ x: 1, y: 2 }]);
  });

  it.each<[object, string]>([
    [{ image, pos_points: [[1, 2], [1]] }, 'pos_points[1]'],
    [{ image, neg_points: [[1]] }, 'neg_points[0]'],
    [{ image, obj_bbox: [[1, 2], [3]] }, 'obj_bbox[1]'],
    [{ image, obj_bbox: 5 }, 'obj_bbox'],
    [{ image: 5 }, 'image'],
  ])('names what is wrong in %j', (body, name) => {
    expect(() => parseRequest(body)).toThrow(name);
  });

  it('reads a large request in the middle of a larger memory', () => {
    const text = JSON.stringify({ pos_points: [[1, 2]], image: 'A'.repeat(70_000), threshold: 0.25 });
    const memory = new Uint8Array(text.length + 20).fill(0x7b);
    memory.set(Buffer.from(text), 10);
    const request = parseRequest(memory.subarray(10, 10 + text.length));
    expect({ ...request, image: request.image.toString() }).toEqual(parseRequest(text));
    expect(parseRequest(Buffer.concat([Buffer.from('..'), Buffer.from('{"image":"QQ=="}')]).subarray(2)).image).toBe(
      'QQ==',
    );
  });

  it.each([
    ['no JSON', 'hello', 'bad-format'],
    ['a list', [1], 'bad-format'],
    ['a list in text', '[{"image":"QQ=="}]', 'bad-format'],
    ['null in text', 'null', 'bad-format'],
    ['text in text in text', JSON.stringify(JSON.stringify(JSON.stringify({ image }))), 'bad-format'],
    ['nothing', undefined, 'bad-format'],
    ['a number', 5, 'bad-format'],
    ['no image', {}, 'bad-image'],
    ['an empty image', { image: '' }, 'bad-image'],
    ['a number as image', { image: 7 }, 'bad-image'],
    ['a data URL that is not base64', { image: 'data:image/png,abc' }, 'bad-image'],
    ['a data URL without an end', { image: `data:image/png;base64${'A'.repeat(300)},` }, 'bad-image'],
    ['a point of one number', { image, pos_points: [[1]] }, 'bad-click'],
    ['a point of text', { image, pos_points: [['1', '2']] }, 'bad-click'],
    ['a point that is null', { image, neg_points: [null] }, 'bad-click'],
    ['a point without y', { image, pos_points: [{ x: 1 }] }, 'bad-click'],
    ['a point without x', { image, pos_points: [{ y: 1 }] }, 'bad-click'],
    ['a point of infinity', { image, pos_points: [[1, Number.POSITIVE_INFINITY]] }, 'bad-click'],
    ['a number as point', { image, pos_points: [1, 2] }, 'bad-click'],
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
    ['a box of five numbers', { image, obj_bbox: [1, 2, 3, 4, 5] }, 'bad-box'],
    ['a box of four, of which one is a text', { image, obj_bbox: [1, 2, 3, '4'] }, 'bad-box'],
    ['a threshold below 0', { image, threshold: -0.1 }, 'bad-option'],
    ['a threshold of text', { image, threshold: '0.5' }, 'bad-option'],
    ['no number as threshold', { image, threshold: Number.NaN }, 'bad-option'],
    ['a threshold above 1', { image, threshold: 5 }, 'bad-option'],
  ])('refuses %s', (_, body, code) => {
    expect(() => parseRequest(body)).toThrow(expect.objectContaining({ code }));
  });
});
