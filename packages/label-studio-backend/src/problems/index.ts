export { Problem, problemBody, toProblem } from './problem.js';
export { type Reason, type ReasonCode, reasons } from './reasons.js';
