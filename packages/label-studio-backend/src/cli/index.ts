export { type Command, type Flag, readArguments, UsageError, type Values } from './arguments.js';
export { run, type Terminal } from './run.js';
export { type RunningServer, serve, serveCommand } from './serve.js';
