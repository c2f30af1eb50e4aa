export { checkBundle } from './check-bundle.js';
export { askVersion, type CvatReport, checkCvat } from './check-cvat.js';
export { checkFunction } from './check-function.js';
export {
  checkFunctionYaml,
  type Finding,
  type FunctionConfig,
  type FunctionYamlReport,
} from './check-function-yaml.js';
export type { CheckReport } from './check-report.js';
export { type InitOptions, type InitReport, initBundle } from './init-bundle.js';
export type { Architecture } from './packages.js';
export { type RunBundleOptions, type RunningBundle, runBundle } from './run-bundle.js';
