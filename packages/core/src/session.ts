/**
 * The annotation of one picture: its objects, edits of them, undo and redo, and the log of what was asked, which can be
 * replayed.
 */
export { checkClicks } from './clicks/index.js';
export * from './session/index.js';
