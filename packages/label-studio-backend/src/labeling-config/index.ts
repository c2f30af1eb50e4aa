export { chooseOutput, type OutputKind, outputKinds } from './choose-output.js';
export {
  type ConfigLabel,
  type Control,
  type ControlKind,
  findLabel,
  type ImageTag,
  type LabelingConfig,
  parseLabelingConfig,
} from './labeling-config.js';
export { type ConfigTag, parseXml } from './parse-xml.js';
export { type WriteConfigOptions, writeLabelingConfig } from './write-config.js';
