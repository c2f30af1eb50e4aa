/** Where the backend logs to: the shape of pino's methods, so that a pino logger fits. */
export interface Logger {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/**
 * Says nothing.
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
 * One line of JSON for each event.
 *
 * @param write - takes a line, with its line break
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
