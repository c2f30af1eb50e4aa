export { type ConnectedEngine, connectEngine } from './connect-engine.js';
export { createHost, type HostOptions } from './create-host.js';
export type { EngineSlot } from './lane.js';
export type { EngineOperations, Operation, PortLike, RequestMessage, ResponseMessage } from './protocol.js';
export { createJobQueue, type JobQueue, type QueuedJob } from './queue.js';
export { serveEngine } from './serve-engine.js';
