import { describe, expect, it } from 'vitest';
import { shapeDefaults } from '../../test/support/fake-job.js';
import type { CvatKeyframe, CvatShape } from '../client/index.js';
import { allSources, byFrame, inScope, type SourceScope, shapeSource } from './source.js';

const shape = (id: number, more: Partial<CvatShape> = {}): CvatShape => ({
  ...shapeDefaults,
  id,
  type: 'rectangle',
  frame: 0,
  label_id: 1,
  points: [1, 2, 3, 4],
  ...more,
});
const keyframe = (frame: number, more: Partial<CvatKeyframe> = {}): CvatKeyframe => ({
  id: 90 + frame,
  type: 'rectangle',
  frame,
  points: [1, 2, 3, 4],
  occluded: false,
  z_order: 0,
  attributes: [],
  ...more,
});
const annotations = (shapes: readonly CvatShape[], keyframes: readonly CvatKeyframe[] = [], more: object = {}) => ({
  version: 0,
  tags: [],
  shapes,
  tracks: [{ id: 5, frame: 0, label_id: 2, group: 3, source: 'file', attributes: [], shapes: keyframes, ...more }],
});

describe('sources of a job', () => {
  it('are its shapes that have an id', () => {
    const sources = allSources(annotations([shape(12), shape(13, { frame: 4 }), { ...shape(0), id: undefined }]));
    expect([...sources]).toMatchObject([
      ['shape 12', { key: 'shape 12', frame: 0, tracked: false }],
      ['shape 13', { key: 'shape 13', frame: 4, tracked: false }],
    ]);
  });

  it('are keyframes too, where the object is visible, with what their track says', () => {
    const sources = allSources(
      annotations([], [keyframe(3), keyframe(7, { outside: true }), keyframe(9, { outside: false })]),
    );
    expect([...sources.keys()]).toEqual(['track 5 frame 3', 'track 5 frame 9']);
    expect(sources.get('track 5 frame 3')).toMatchObject({
      frame: 3,
      tracked: true,
      shape: { id: undefined, frame: 3, label_id: 2, group: 3, source: 'file' },
    });
  });

  it('have the attributes of their track, and then their own', () => {
    const [color, pose] = [1, 2].map((spec_id) => ({ spec_id, value: 'some' }));
    const [source] = allSources(
      annotations([], [keyframe(3, { attributes: [pose] })], { attributes: [color] }),
    ).values();
    expect(source.shape.attributes).toEqual([color, pose]);
  });

  it('have group 0 where a track has none', () => {
    const [source] = allSources(annotations([], [keyframe(3)], { group: null })).values();
    expect(source.shape.group).toBe(0);
  });

  it('are as before if the server gives a keyframe another id, and changed if anything else is', () => {
    const digest = (more: object, track: object = {}) =>
      [...allSources(annotations([], [keyframe(3, more)], track)).values()][0].digest;
    expect(digest({ id: 1 })).toBe(digest({ id: 2 }));
    for (const other of [digest({ occluded: true }), digest({}, { label_id: 4 }), digest({}, { source: 'manual' })]) {
      expect(other).not.toBe(digest({}));
    }
  });
});

describe('the selection', () => {
  const all: SourceScope = {
    kinds: ['rectangle', 'mask'],
    labels: null,
    first: 2,
    last: 5,
    deletedFrames: new Set([4]),
  };
  it.each<[string, Partial<CvatShape>, Partial<SourceScope>, boolean]>([
    ['the first frame', { frame: 2 }, {}, true],
    ['the last frame', { frame: 5 }, {}, true],
    ['a frame before', { frame: 1 }, {}, false],
    ['a frame behind', { frame: 6 }, {}, false],
    ['a deleted frame', { frame: 4 }, {}, false],
    ['another kind', { frame: 3, type: 'polygon' }, {}, false],
    ['a label among those named', { frame: 3, label_id: 7 }, { labels: new Set([7]) }, true],
    ['a label that is not named', { frame: 3, label_id: 8 }, { labels: new Set([7]) }, false],
  ])('of %s', (_, more, scope, selected) => {
    expect(inScope(shapeSource(shape(1, more)), { ...all, ...scope })).toBe(selected);
  });
});

describe('the order of work', () => {
  it('goes by frame; within a frame keyframes come first, masks last, older ones before younger ones', () => {
    const shapes = [
      shape(4, { frame: 9 }),
      shape(3, { frame: 2, type: 'mask' }),
      shape(2, { frame: 2, type: 'mask' }),
      shape(8, { frame: 2 }),
      shape(5, { frame: 2, type: 'polygon' }),
      shape(1, { frame: 0 }),
    ];
    const sources = allSources(annotations(shapes, [keyframe(2)]));
    expect(byFrame(sources.values()).map(([frame, list]) => [frame, list.map(({ key }) => key)])).toEqual([
      [0, ['shape 1']],
      [2, ['track 5 frame 2', 'shape 5', 'shape 8', 'shape 2', 'shape 3']],
      [9, ['shape 4']],
    ]);
  });
});
