export { type ConfigRepair, planConfigRepair } from './config-repair.js';
export { annotationsOf } from './project-annotations.js';
export { repairResult } from './repair-result.js';
