import type { PortLike } from '../../host/index.js';

/** Adapts the browser's message ports to the host protocol. */
export function webPort(port: MessagePort): PortLike {
  return {
    postMessage: (message, transfer) => port.postMessage(message, [...transfer]),
    onMessage(listener) {
      port.onmessage = (event: MessageEvent<unknown>) => listener(event.data);
    },
    close: () => port.close(),
  };
}
