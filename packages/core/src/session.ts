/** Clicking on one picture, with undo and redo, and the log of it that can be replayed. */
export { type ClickHistory, checkClicks, createClickHistory } from './clicks/index.js';
export {
  type ClickLog,
  type CreateSessionOptions,
  createSession,
  type LoggedAction,
  type LoggedOptions,
  parseClickLog,
  type ReplayOptions,
  replayClickLog,
  type Session,
  type SessionAction,
  type SessionChange,
  type SessionOrigin,
  type SessionPrompt,
} from './segmenter/index.js';
