import type { MessagePort, Worker } from 'node:worker_threads';
import type { PortLike } from '../../host/index.js';

/** Adapts Node's message ports and workers to the host protocol. */
export function nodePort(port: MessagePort | Worker): PortLike {
  return {
    postMessage: (message, transfer) => port.postMessage(message, transfer),
    onMessage: (listener) => void port.on('message', listener),
    close() {
      // A worker is never terminated from outside, because that aborts the process while its network runs.
      if ('close' in port) port.close();
    },
  };
}
