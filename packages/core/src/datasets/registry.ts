import { unexpected } from '../errors/index.js';
import { CODECS } from '../formats/index.js';
import { coco } from './coco.js';
import { cocoPanoptic } from './coco-panoptic.js';
import { codecFiles } from './codec-files.js';
import type { DatasetFormat, DatasetSource } from './dataset.js';
import { cityscapes, labelMap, voc } from './label-map.js';
import { labelMe } from './labelme.js';
import { masks } from './masks.js';
import { readJson, withEnding } from './reading.js';
import { results } from './results.js';
import { svg } from './svg.js';
import { via } from './via.js';
import { yoloSeg } from './yolo-seg.js';

/**
 * Every data set format, and every codec of `@clickmask/core/formats` as a format with one file per object. A new
 * format is a file and a line here. Formats are recognised in this order.
 *
 * @example
 * ```ts
 * import { DATASET_FORMATS } from '@clickmask/core/datasets';
 *
 * console.log(DATASET_FORMATS.some(({ name }) => name === 'yolo-seg')); // true
 * ```
 */
export const DATASET_FORMATS: readonly DatasetFormat[] = Object.freeze([
  coco,
  cocoPanoptic,
  labelMe,
  via,
  yoloSeg,
  voc,
  cityscapes,
  labelMap,
  results,
  svg,
  ...CODECS.map(codecFiles),
  masks,
]);

/**
 * The data set format with this name.
 *
 * @throws ClickmaskError `bad-option` for an unknown name; the message lists the known ones
 *
 * @example
 * ```ts
 * import { findDatasetFormat } from '@clickmask/core/datasets';
 *
 * console.log(findDatasetFormat('labelme').name); // labelme
 * ```
 */
export function findDatasetFormat(name: string): DatasetFormat {
  const format = DATASET_FORMATS.find((candidate) => candidate.name === name);
  if (format !== undefined) return format;
  throw unexpected(
    'bad-option',
    'format',
    `one of ${DATASET_FORMATS.map((candidate) => candidate.name).join(', ')}`,
    name,
  );
}

/**
 * Recognises the format of files; null if it is unknown.
 *
 * @throws ClickmaskError `bad-format` for a `.json` file that is not JSON
 *
 * @example
 * ```ts
 * import { recogniseDataset, zipFiles, zipSource } from '@clickmask/core/datasets';
 *
 * const zip = await zipFiles([{ path: 'labels/a.txt', content: '' }]);
 * console.log((await recogniseDataset(zipSource(zip)))?.name); // yolo-seg
 * ```
 */
export async function recogniseDataset(source: DatasetSource): Promise<DatasetFormat | null> {
  const paths = await source.list();
  const [first] = withEnding(paths, '.json');
  const json = first === undefined ? undefined : await readJson(source, first);
  return DATASET_FORMATS.find((format) => format.recognises({ paths, json })) ?? null;
}
