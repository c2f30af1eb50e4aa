export { type ConfigRepair, planConfigRepair } from './config-repair.js';
export { repairResult } from './repair-result.js';
