/**
 * Bodies of interactor requests as CVAT versions send them to a function. Only the image is shortened. Up to 2.16.2 the
 * server cut the first two positive points off into the box where the function asked for one.
 */
export interface RecordedRequest {
  readonly cvat: string;
  readonly body: object;
  readonly clicks: number;
  /** Of the last object. */
  readonly box: boolean;
  /** Objects of which masks are asked. Default 1. */
  readonly objects?: number;
}

const image = 'AAECAwQF';

export const recordedRequests: readonly RecordedRequest[] = [
  { cvat: '2.3', body: { image, pos_points: [[20, 20]], neg_points: [], obj_bbox: null }, clicks: 1, box: false },
  {
    cvat: '2.4.4, called directly',
    body: { image, pos_points: [[20.5, 20.25]], neg_points: [[40.125, 30]], obj_bbox: null },
    clicks: 2,
    box: false,
  },
  {
    cvat: '2.7, box cut off the points',
    body: {
      image,
      pos_points: [[20.5, 20.25]],
      neg_points: [],
      obj_bbox: [
        [10, 10],
        [30.5, 31.5],
      ],
    },
    clicks: 1,
    box: true,
  },
  {
    cvat: '2.7, box only',
    body: {
      image,
      pos_points: [],
      neg_points: [],
      obj_bbox: [
        [10, 10],
        [30.5, 31.5],
      ],
    },
    clicks: 0,
    box: true,
  },
  {
    cvat: '2.11, threshold of an API client',
    body: { threshold: 0.5, image, pos_points: [[1, 2]], neg_points: [], obj_bbox: null },
    clicks: 1,
    box: false,
  },
  { cvat: '2.16.3', body: { image, pos_points: [[20.5, 20.25]], neg_points: [], obj_bbox: [] }, clicks: 1, box: false },
  {
    cvat: '2.30, box out of the frame',
    body: {
      image,
      pos_points: [[20.5, 20.25]],
      neg_points: [],
      obj_bbox: [
        [-12.5, -3],
        [900.5, 31.5],
      ],
    },
    clicks: 1,
    box: true,
  },
  {
    cvat: '2.42',
    body: {
      image,
      pos_points: [[20.123456789, 20.25]],
      neg_points: [
        [0, 0],
        [63.999, 47.999],
      ],
      obj_bbox: [],
    },
    clicks: 3,
    box: false,
  },
  { cvat: '2.54', body: { image, pos_points: [[64, 48]], neg_points: [], obj_bbox: [] }, clicks: 1, box: false },
  {
    cvat: '2.54, an API client without a box',
    body: { image, pos_points: [[20, 20]], neg_points: [], obj_bbox: null },
    clicks: 1,
    box: false,
  },
  {
    cvat: '2.60, with words of an API client',
    body: { image, pos_points: [[20, 20]], neg_points: [], obj_bbox: [], text_prompts: ['a cat'] },
    clicks: 1,
    box: false,
  },
  {
    cvat: '2.60, two boxes',
    body: {
      image,
      pos_points: [],
      neg_points: [],
      obj_bbox: [
        [2, 2],
        [20, 20],
        [30, 10],
        [50.5, 40],
      ],
    },
    clicks: 0,
    box: true,
    objects: 2,
  },
  {
    cvat: '2.60, clicks after two boxes',
    body: {
      image,
      pos_points: [[40, 20]],
      neg_points: [[35, 30]],
      obj_bbox: [
        [2, 2],
        [20, 20],
        [30, 10],
        [50.5, 40],
      ],
    },
    clicks: 2,
    box: true,
  },
  {
    cvat: '2.70, region of interest: points relative to the crop',
    body: {
      image,
      pos_points: [[20, 20]],
      neg_points: [],
      obj_bbox: [
        [5, 5],
        [40, 40],
      ],
    },
    clicks: 1,
    box: true,
  },
];
