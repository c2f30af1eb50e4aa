export { chooseOutput, type OutputKind, outputKinds } from './choose-output.js';
export { parseLabelList } from './label-list.js';
export {
  type ConfigLabel,
  type Control,
  type ControlKind,
  compileLabelingConfig,
  findLabel,
  type ImageTag,
  type LabelingConfig,
  type LabelingConfigSource,
  parseLabelingConfig,
} from './labeling-config.js';
export { type ConfigTag, parseXml } from './parse-xml.js';
export { resolveValue, type TaskData } from './resolve-value.js';
export { type WriteConfigOptions, writeLabelingConfig } from './write-config.js';
