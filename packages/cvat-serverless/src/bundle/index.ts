export {
  type CheckReport,
  checkBundle,
  checkFunction,
  type RunBundleOptions,
  type RunningBundle,
  runBundle,
} from './check-bundle.js';
export {
  checkFunctionYaml,
  type Finding,
  type FunctionConfig,
  type FunctionYamlReport,
} from './check-function-yaml.js';
export { type InitOptions, type InitReport, initBundle } from './init-bundle.js';
export type { Architecture } from './packages.js';
