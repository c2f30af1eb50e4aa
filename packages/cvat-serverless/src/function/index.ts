export { type FunctionSettings, functionVariables, readFunctionSettings } from './settings.js';
