import type { TensorInfo } from '../backend.js';

/** A tensor as it goes over the wire: little-endian, row-major. */
export interface WireTensor {
  readonly name: string;
  /** As the protocol names types: `FP32`, `UINT8`, ... */
  readonly datatype: string;
  readonly shape: readonly number[];
  readonly bytes: Uint8Array;
}

/** One call of one model on a server. */
export interface InferRequest {
  readonly model: string;
  readonly version: string;
  readonly inputs: readonly WireTensor[];
  /** Names of the outputs that are wanted. */
  readonly outputs: readonly string[];
  /** 1 goes first; servers without priorities take no notice. */
  readonly priority?: number;
  /** Bytes that the answer may have at most; more is refused before memory is taken. */
  readonly maxBytes: number;
}

/** What a server says of itself. */
export interface ServerMetadata {
  readonly name: string;
  readonly version: string;
  readonly extensions: readonly string[];
}

/** What a server says of one model. */
export interface ModelMetadata {
  readonly name: string;
  readonly versions: readonly string[];
  readonly platform: string;
  readonly inputs: readonly TensorInfo[];
  readonly outputs: readonly TensorInfo[];
}

/** What a server has counted of one model since it started. */
export interface ModelStatistics {
  /** Requests answered by the network or the cache. */
  readonly inferences: number;
  /** Runs of the network; fewer than the inferences where they were batched or found in the cache. */
  readonly executions: number;
  readonly cacheHits: number;
  readonly cacheMisses: number;
  /** The largest batch that was run. */
  readonly largestBatch: number;
}

/** How the protocol is spoken: REST or gRPC. Every call fails with a {@link CallFailure}. */
export interface OipTransport {
  /** Whether the server can do work. */
  ready(timeoutMs: number): Promise<boolean>;
  serverMetadata(timeoutMs: number): Promise<ServerMetadata>;
  modelMetadata(model: string, version: string, timeoutMs: number): Promise<ModelMetadata>;
  /** Parameters of the model's configuration, where the server tells them (Triton); null where it does not. */
  modelParameters(model: string, version: string, timeoutMs: number): Promise<Readonly<Record<string, string>> | null>;
  /** Null where the server keeps no such count. */
  modelStatistics(model: string, version: string, timeoutMs: number): Promise<ModelStatistics | null>;
  infer(request: InferRequest, timeoutMs: number): Promise<readonly WireTensor[]>;
  close(): void;
}

/**
 * Why a call failed: the server could not be reached, or is too busy (`unavailable`, worth another try); it took too long
 * (`deadline`); it wants other credentials (`refused`); it has no such model or version (`unknown-model`); it could not do
 * it (`failed`); its answer makes no sense, or is too large (`garbage`).
 */
export type FailureKind = 'unavailable' | 'deadline' | 'refused' | 'unknown-model' | 'failed' | 'garbage';

/** A failure of a transport; the client makes a `ClickmaskError` of it. */
export class CallFailure extends Error {
  override readonly name = 'CallFailure';
  readonly kind: FailureKind;

  constructor(kind: FailureKind, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.kind = kind;
  }
}

/** Bytes that an answer about a model or server may have. */
export const maxMetadataBytes = 2 ** 20;
