import type { TensorInfo } from '../backend.js';

/** A tensor in wire form: little-endian, row-major. */
export interface WireTensor {
  readonly name: string;
  /** The protocol's name of the type: `FP32`, `UINT8`, ... */
  readonly datatype: string;
  readonly shape: readonly number[];
  readonly bytes: Uint8Array;
}

/** One call of one model on a server. */
export interface InferRequest {
  readonly model: string;
  readonly version: string;
  readonly inputs: readonly WireTensor[];
  /** Names of the requested outputs. */
  readonly outputs: readonly string[];
  /** 1 is the highest. Servers without priorities ignore it. */
  readonly priority?: number;
  /** Maximum bytes of the answer. A larger one is refused before memory is allocated. */
  readonly maxBytes: number;
}

/** A server's description of itself. */
export interface ServerMetadata {
  readonly name: string;
  readonly version: string;
  readonly extensions: readonly string[];
}

/** A server's description of one model. */
export interface ModelMetadata {
  readonly name: string;
  readonly versions: readonly string[];
  readonly platform: string;
  readonly inputs: readonly TensorInfo[];
  readonly outputs: readonly TensorInfo[];
}

/** A server's counts for one model since its start. */
export interface ModelStatistics {
  /** Requests answered by the network or from the cache. */
  readonly inferences: number;
  /** Runs of the network: fewer than the requests if they were batched or cached. */
  readonly executions: number;
  readonly cacheHits: number;
  readonly cacheMisses: number;
  /** The largest batch that was run. */
  readonly largestBatch: number;
}

/** A transport of the protocol: REST or gRPC. Every call fails with a {@link CallFailure}. */
export interface OipTransport {
  /** Whether the server is ready. */
  ready(timeoutMs: number): Promise<boolean>;
  serverMetadata(timeoutMs: number): Promise<ServerMetadata>;
  modelMetadata(model: string, version: string, timeoutMs: number): Promise<ModelMetadata>;
  /** Parameters of the model's configuration, if the server reports them (Triton); else null. */
  modelParameters(model: string, version: string, timeoutMs: number): Promise<Readonly<Record<string, string>> | null>;
  /** Null if the server keeps no such count. */
  modelStatistics(model: string, version: string, timeoutMs: number): Promise<ModelStatistics | null>;
  infer(request: InferRequest, timeoutMs: number): Promise<readonly WireTensor[]>;
  close(): void;
}

/**
 * Why a call failed. `unavailable`: the server cannot be reached or is busy; worth a retry. `deadline`: it took too
 * long. `refused`: it wants other credentials. `unknown-model`: it has no such model or version. `failed`: it could not
 * do the work. `garbage`: its answer makes no sense or is too large.
 */
export type FailureKind = 'unavailable' | 'deadline' | 'refused' | 'unknown-model' | 'failed' | 'garbage';

/** A failure of a transport. The client turns it into a `ClickmaskError`. */
export class CallFailure extends Error {
  override readonly name = 'CallFailure';
  readonly kind: FailureKind;

  constructor(kind: FailureKind, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.kind = kind;
  }
}

/** Maximum bytes of an answer about a model or server. */
export const maxMetadataBytes = 2 ** 20;
