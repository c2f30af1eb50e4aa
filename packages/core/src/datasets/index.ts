export { coco } from './coco.js';
export { cocoPanoptic } from './coco-panoptic.js';
export type {
  DatasetFile,
  DatasetFormat,
  DatasetReadOptions,
  DatasetSample,
  DatasetSource,
  DatasetWriteOptions,
  KnownPicture,
  LabeledObject,
  LabeledPicture,
} from './dataset.js';
export { cityscapes, labelMap, voc } from './label-map.js';
export { labelMe } from './labelme.js';
export { masks } from './masks.js';
export { type Note, type NoteCode, noteTexts } from './notes.js';
export { DATASET_FORMATS, findDatasetFormat, recogniseDataset } from './registry.js';
export { parseResultLine, resultLine, results } from './results.js';
export { svg } from './svg.js';
export { via } from './via.js';
export { yoloSeg } from './yolo-seg.js';
export { type ZipLimits, zipFiles, zipSource } from './zip.js';
