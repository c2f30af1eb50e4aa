import type { PortLike } from '../../host/index.js';

/** The browser's message ports in the form that the host protocol takes. */
export function webPort(port: MessagePort): PortLike {
  return {
    postMessage: (message, transfer) => port.postMessage(message, [...transfer]),
    onMessage(listener) {
      port.onmessage = (event: MessageEvent<unknown>) => listener(event.data);
    },
    close: () => port.close(),
  };
}
