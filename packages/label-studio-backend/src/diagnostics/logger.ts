/** Where the backend logs to: the shape of pino's methods, so that a pino logger fits. */
export interface Logger {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** Says nothing. */
export const silentLogger: Logger = { info() {}, warn() {}, error() {} };

/**
 * One line of JSON for each event.
 *
 * @param write - takes a line, with its line break
 */
export function createJsonLogger(write: (line: string) => void): Logger {
  const line = (level: string) => (fields: object, message: string) => {
    write(`${JSON.stringify({ time: new Date().toISOString(), level, message, ...fields })}\n`);
  };
  return { info: line('info'), warn: line('warn'), error: line('error') };
}
