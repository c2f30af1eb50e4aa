export { createFunction } from './create-function.js';
export { type FunctionSettings, functionVariables, readFunctionSettings } from './settings.js';
