export { groupObjects, type ObjectPrompt, type PointGrouping } from './objects.js';
export {
  createPromptMemory,
  type ObjectKey,
  type PromptMemory,
  type PromptMemoryOptions,
  type RememberedObject,
} from './prompt-memory.js';
export {
  type BoxItem,
  type Item,
  isRecord,
  negatedLabel,
  type PointItem,
  type PromptReading,
  readPrompts,
  usualForms,
} from './read-prompts.js';
