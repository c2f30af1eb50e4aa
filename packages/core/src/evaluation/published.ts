/** A published figure of others: mean clicks to an IoU. */
export interface PublishedResult {
  readonly model: string;
  /** The training data. */
  readonly training: string;
  readonly dataset: 'GrabCut' | 'Berkeley' | 'SBD' | 'DAVIS' | 'COCO-MVal' | 'VOC' | 'DAVIS-585';
  readonly noc: { readonly '0.85'?: number; readonly '0.90'?: number; readonly '0.95'?: number };
  /** The source. */
  readonly source: string;
}

type Pair = readonly [at85: number | null, at90: number | null];
type Row = readonly [model: string, training: string, source: string, figures: Partial<Record<Dataset, Pair>>];
type Dataset = PublishedResult['dataset'];

// Mean clicks to IoU 0.85 and 0.90; null if not published.
const rows: readonly Row[] = [
  [
    'FCA-Net ResNet-101',
    'Augmented VOC',
    'FCA-Net slides',
    { GrabCut: [null, 2.24], Berkeley: [null, 4.23], DAVIS: [null, 8.05], VOC: [2.98, null] },
  ],
  [
    'FCA-Net ResNet-101 + SIS',
    'Augmented VOC',
    'FCA-Net slides',
    { GrabCut: [null, 2.14], Berkeley: [null, 4.19], DAVIS: [null, 7.9], VOC: [2.96, null] },
  ],
  [
    'FCA-Net Res2Net-101',
    'Augmented VOC',
    'FCA-Net slides',
    { GrabCut: [null, 2.16], Berkeley: [null, 3.92], DAVIS: [null, 7.64], VOC: [2.79, null] },
  ],
  [
    'FCA-Net Res2Net-101 + SIS',
    'Augmented VOC',
    'FCA-Net slides',
    { GrabCut: [null, 2.08], Berkeley: [null, 3.92], DAVIS: [null, 7.57], VOC: [2.69, null] },
  ],
  [
    'RITM HRNet-18 IT-M',
    'SBD',
    'RITM README',
    { GrabCut: [1.76, 2.04], Berkeley: [null, 3.22], SBD: [3.39, 5.43], DAVIS: [4.94, 6.71], VOC: [2.51, null] },
  ],
  [
    'RITM HRNet-18s IT-M',
    'COCO+LVIS',
    'RITM README',
    {
      GrabCut: [1.54, 1.68],
      Berkeley: [null, 2.6],
      SBD: [4.04, 6.48],
      DAVIS: [4.7, 5.98],
      'COCO-MVal': [null, 3.33],
      VOC: [2.57, null],
    },
  ],
  [
    'RITM HRNet-18 IT-M',
    'COCO+LVIS',
    'RITM README',
    {
      GrabCut: [1.42, 1.54],
      Berkeley: [null, 2.26],
      SBD: [3.8, 6.06],
      DAVIS: [4.36, 5.74],
      'COCO-MVal': [null, 2.98],
      VOC: [2.28, null],
    },
  ],
  [
    'RITM HRNet-32 IT-M',
    'COCO+LVIS',
    'RITM README',
    {
      GrabCut: [1.46, 1.56],
      Berkeley: [null, 2.1],
      SBD: [3.59, 5.71],
      DAVIS: [4.11, 5.34],
      'COCO-MVal': [null, 2.97],
      VOC: [2.57, null],
    },
  ],
  [
    'CDNet ResNet-34',
    'COCO+LVIS',
    'ClickSEG README',
    {
      GrabCut: [1.4, 1.52],
      Berkeley: [1.47, 2.06],
      SBD: [4.3, 7.04],
      DAVIS: [4.27, 5.56],
      'COCO-MVal': [2.51, 3.88],
      VOC: [2.74, 3.3],
    },
  ],
  [
    'FocalClick B0-S1',
    'COCO+LVIS',
    'ClickSEG README',
    {
      GrabCut: [1.6, 1.86],
      Berkeley: [2.05, 3.29],
      SBD: [4.98, 7.6],
      DAVIS: [5.13, 7.42],
      'COCO-MVal': [3.08, 4.21],
      VOC: [3.54, 4.22],
    },
  ],
  [
    'FocalClick B3-S2',
    'COCO+LVIS',
    'ClickSEG README',
    {
      GrabCut: [1.44, 1.5],
      Berkeley: [1.55, 1.92],
      SBD: [3.53, 5.59],
      DAVIS: [3.61, 4.9],
      'COCO-MVal': [2.32, 3.12],
      VOC: [2.46, 2.88],
    },
  ],
  [
    'FocalClick HRNet-18s-S2',
    'COCO+LVIS',
    'ClickSEG README',
    {
      GrabCut: [1.48, 1.62],
      Berkeley: [1.6, 2.23],
      SBD: [4.43, 6.79],
      DAVIS: [3.9, 5.23],
      'COCO-MVal': [2.61, 3.59],
      VOC: [2.93, 3.46],
    },
  ],
  [
    'SAM ViT-H',
    'SA-1B',
    'MST paper',
    {
      GrabCut: [null, 1.62],
      Berkeley: [null, 2.25],
      SBD: [5.98, 9.63],
      DAVIS: [null, 6.21],
      'COCO-MVal': [3.46, 5.6],
      VOC: [2.2, 2.68],
    },
  ],
  [
    'HQ-SAM ViT-H',
    'SA-1B, HQSeg-44K',
    'MST paper',
    {
      GrabCut: [null, 1.84],
      Berkeley: [null, 2],
      SBD: [6.23, 9.66],
      DAVIS: [null, 5.58],
      'COCO-MVal': [3.81, 5.94],
      VOC: [2.5, 2.93],
    },
  ],
  [
    'SimpleClick ViT-B',
    'COCO+LVIS',
    'MST paper',
    {
      GrabCut: [null, 1.48],
      Berkeley: [null, 1.97],
      SBD: [3.43, 5.62],
      DAVIS: [null, 5.06],
      'COCO-MVal': [2.18, 2.92],
      VOC: [2.06, 2.38],
    },
  ],
  [
    'MST ViT-B',
    'COCO+LVIS',
    'MST paper',
    {
      GrabCut: [null, 1.52],
      Berkeley: [null, 1.77],
      SBD: [3.03, 5.2],
      DAVIS: [null, 4.82],
      'COCO-MVal': [2.11, 2.88],
      VOC: [2.05, 2.37],
    },
  ],
  [
    'MST ViT-B + CL',
    'COCO+LVIS',
    'MST paper',
    {
      GrabCut: [null, 1.48],
      Berkeley: [null, 1.5],
      SBD: [3.03, 5.11],
      DAVIS: [null, 4.55],
      'COCO-MVal': [2.08, 2.85],
      VOC: [1.69, 1.9],
    },
  ],
  ['SimpleClick ViT-B', 'COCO+LVIS, from zero', 'MST paper', { 'DAVIS-585': [4.06, 5.83] }],
  ['FocalClick B3-S2', 'COCO+LVIS, from zero', 'MST paper', { 'DAVIS-585': [4.06, 5.89] }],
  ['MST ViT-B', 'COCO+LVIS, from zero', 'MST paper', { 'DAVIS-585': [3.78, 5.22] }],
  ['SimpleClick ViT-B', 'COCO+LVIS, from super-pixel masks', 'MST paper', { 'DAVIS-585': [2.24, 3.1] }],
  ['FocalClick B3-S2', 'COCO+LVIS, from super-pixel masks', 'MST paper', { 'DAVIS-585': [2, 2.76] }],
  ['MST ViT-B', 'COCO+LVIS, from super-pixel masks', 'MST paper', { 'DAVIS-585': [1.8, 2.29] }],
];

// CFR-ICL publishes 0.90 and 0.95 instead.
const cfr: readonly [model: string, figures: Partial<Record<Dataset, readonly [at90: number, at95: number]>>][] = [
  [
    'SimpleClick ViT-B',
    { GrabCut: [1.54, 2.16], Berkeley: [2.46, 6.71], SBD: [5.24, 11.23], DAVIS: [5.48, 12.23], VOC: [2.81, 3.75] },
  ],
  [
    'SimpleClick ViT-B + CFR-1',
    { GrabCut: [1.44, 2.04], Berkeley: [2.35, 6.43], SBD: [5.11, 11.14], DAVIS: [5.33, 11.99], VOC: [2.7, 3.58] },
  ],
  [
    'SimpleClick ViT-B + CFR-4',
    { GrabCut: [1.5, 2.18], Berkeley: [2.38, 6.46], SBD: [5.16, 11.16], DAVIS: [5.31, 11.94], VOC: [2.72, 3.59] },
  ],
  [
    'SimpleClick ViT-B + A-CFR-4',
    { GrabCut: [1.5, 2.06], Berkeley: [2.39, 6.43], SBD: [5.17, 11.14], DAVIS: [5.28, 11.9], VOC: [2.73, 3.6] },
  ],
];

/**
 * Published figures of others, for comparison. None of them was measured with Clickmask.
 *
 * @example
 * ```ts
 * import { publishedResults } from '@clickmask/core/evaluation';
 *
 * const best = publishedResults.filter((result) => result.dataset === 'GrabCut' && result.noc['0.90']! < 1.5);
 * console.log(best[0].model, best[0].source); // SimpleClick ViT-B MST paper
 * ```
 */
export const publishedResults: readonly PublishedResult[] = Object.freeze([
  ...rows.flatMap(([model, training, source, figures]) =>
    entries(figures).map(([dataset, [at85, at90]]) => ({
      model,
      training,
      source,
      dataset,
      noc: { ...(at85 === null ? {} : { '0.85': at85 }), ...(at90 === null ? {} : { '0.90': at90 }) },
    })),
  ),
  ...cfr.flatMap(([model, figures]) =>
    entries(figures).map(([dataset, [at90, at95]]) => ({
      model,
      training: 'SBD',
      source: 'CFR-ICL paper',
      dataset,
      noc: { '0.90': at90, '0.95': at95 },
    })),
  ),
]);

function entries<T>(figures: Partial<Record<Dataset, T>>): readonly [Dataset, T][] {
  return Object.entries(figures) as [Dataset, T][];
}
