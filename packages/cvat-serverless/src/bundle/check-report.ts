import type { ReplyFormat } from '../replies/index.js';
import type { Finding, FunctionConfig } from './check-function-yaml.js';

export interface CheckReport {
  readonly findings: readonly Finding[];
  /** The content of `function.yaml`, if a folder was checked and could be read. */
  readonly config?: FunctionConfig;
  /** The answers of a running function, if one was tested. */
  readonly run?: {
    /** Name and version of the model; `unknown` if the function is not Clickmask's. */
    readonly model: string;
    /** Form of its replies. */
    readonly reply: ReplyFormat;
    readonly readyMs?: number;
    readonly clickMs: readonly number[];
    readonly area: number;
    readonly memoryBytes?: number;
  };
}
