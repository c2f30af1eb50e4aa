import type { ReplyFormat } from '../replies/index.js';
import type { Finding, FunctionConfig } from './check-function-yaml.js';

export interface CheckReport {
  readonly findings: readonly Finding[];
  /** What `function.yaml` says, where a folder was checked and it could be read. */
  readonly config?: FunctionConfig;
  /** What a running function told and did, where one was tried. */
  readonly run?: {
    /** Name and version of the model; `unknown` of a function that is not Clickmask's. */
    readonly model: string;
    /** Form of its replies. */
    readonly reply: ReplyFormat;
    readonly readyMs?: number;
    readonly clickMs: readonly number[];
    readonly area: number;
    readonly memoryBytes?: number;
  };
}
