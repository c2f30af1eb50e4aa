export interface ServeOptions {
  /** 0 takes a free one; default 8080, or the next free one. */
  readonly port?: number;
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** Sends COOP and COEP, so that the page may use threads. */
  readonly isolated?: boolean;
  /** Handlers by the first part of the path. */
  readonly routes?: Readonly<Record<string, (request: Request) => Promise<Response>>>;
}

export function serveExamples(options?: ServeOptions): Promise<{ readonly url: string; close(): Promise<void> }>;
