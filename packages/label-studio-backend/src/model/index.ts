export { followModelInUse } from './follow-model-in-use.js';
export { createSwitchingSegmenter, type SwitchingSegmenter } from './switching-segmenter.js';
