export { type AnswerOptions, answerSession } from './answer-session.js';
export {
  acceptActive,
  addClick,
  addObjectFromMask,
  addStroke,
  chooseCandidate,
  drawBox,
  type Edit,
  freeId,
  moveClick,
  type NewObject,
  promptBase,
  putResult,
  removeClick,
  removeObject,
  select,
  setBox,
  setClass,
} from './edits.js';
export { maskOfObject } from './mask-of-object.js';
export { parseSessionLog } from './parse-session-log.js';
export { copyPlain, sameContent } from './plain.js';
export { type ReplayOptions, type ReplayReport, replaySessionLog } from './replay-session-log.js';
export { createSession, type Session, type SessionOptions } from './session.js';
export {
  createSessionLog,
  type LogEntry,
  type LoggedOptions,
  type SessionLog,
  type SessionLogBook,
} from './session-log.js';
export { handOut, takeBox, takeRuns, takeValue } from './take-value.js';
export {
  type AnnotatedObject,
  activeObject,
  emptyPrompt,
  emptyValue,
  needsResult,
  type ObjectPrompt,
  type ObjectResult,
  type SessionValue,
  toPrompt,
  toResult,
} from './value.js';
