/** The annotation of one picture: its objects, edits, undo and redo, and a log of requests that can be replayed. */
export { checkClicks } from './clicks/index.js';
export * from './session/index.js';
