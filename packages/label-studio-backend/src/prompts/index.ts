export { groupObjects, type ObjectPrompt, type PointGrouping } from './objects.js';
export {
  createPromptMemory,
  type ObjectKey,
  type PromptMemory,
  type PromptMemoryOptions,
  type RememberedObject,
} from './prompt-memory.js';
export { type BoxItem, type Item, isRecord, type PointItem, type PromptReading, readPrompts } from './read-prompts.js';
