export { createDeadline, type Deadline, untilAborted } from './deadline.js';
export { createLookAhead, type LookAhead } from './look-ahead.js';
export { createTaskQueue, type TaskJob, type TaskQueue } from './task-queue.js';
