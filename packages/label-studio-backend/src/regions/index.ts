export { blackOnTransparentPng } from './bitmask.js';
export { holdsMask, readMask } from './read-region.js';
export type { Region, RegionOptions, RegionRequest } from './region.js';
export { regionId } from './region-id.js';
export { writeRegions } from './write-regions.js';
