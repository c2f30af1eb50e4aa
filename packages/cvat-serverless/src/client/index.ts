export { type InvokeOptions, type InvokeResult, invokeFunction, type Point } from './invoke-function.js';
