/** The backend's log. It has the shape of pino's methods, so a pino logger fits. */
export interface Logger {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/**
 * A log that discards everything.
 *
 * @example
 * ```ts
 * import { silentLogger } from '@clickmask/label-studio-backend';
 *
 * silentLogger.error({}, 'nobody hears this');
 * ```
 */
export const silentLogger: Logger = { info() {}, warn() {}, error() {} };

/**
 * Writes one line of JSON per event.
 *
 * @param write - receives a line with its line break
 *
 * @example
 * ```ts
 * import { createJsonLogger } from '@clickmask/label-studio-backend';
 *
 * const logger = createJsonLogger((line) => console.log(JSON.parse(line).message)); // listening
 * logger.info({ port: 9090 }, 'listening');
 * ```
 */
export function createJsonLogger(write: (line: string) => void): Logger {
  const line = (level: string) => (fields: object, message: string) => {
    write(`${JSON.stringify({ time: new Date().toISOString(), level, message, ...fields })}\n`);
  };
  return { info: line('info'), warn: line('warn'), error: line('error') };
}
