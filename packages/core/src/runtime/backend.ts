import type { ModelManifest } from '../models/manifest.js';

/**
 * Where a network runs. `oip`: on an inference server (Triton, KServe, MLServer) that is sent tensors, while the pipeline
 * runs here. `remote`: the whole segmenter is behind HTTP, on a server of this project.
 */
export type Provider = 'cuda' | 'webgpu' | 'cpu' | 'wasm' | 'oip' | 'remote';

export type TensorType = 'float32' | 'float16' | 'int32' | 'int64' | 'uint8' | 'bool';

/** A dense row-major array; `data.length` is the product of `shape`. */
export interface Tensor {
  readonly type: TensorType;
  readonly shape: readonly number[];
  readonly data: Float32Array | Uint16Array | Int32Array | BigInt64Array | Uint8Array;
}

/** What a graph says of one of its inputs or outputs. A dimension that varies is a name or -1. */
export interface TensorInfo {
  readonly name: string;
  readonly type: TensorType;
  readonly shape: readonly (number | string)[];
}

/** One loaded graph. Calls are served one after another. */
export interface InferenceSession {
  readonly provider: Provider;
  /** True where the outputs mean something to other sessions of this backend only. */
  readonly opaque?: boolean;
  readonly inputs: readonly TensorInfo[];
  readonly outputs: readonly TensorInfo[];
  /** @throws ClickmaskError `backend-failed` with the runtime's own message as the cause */
  run(feeds: Readonly<Record<string, Tensor>>): Promise<Readonly<Record<string, Tensor>>>;
  /** Where `run` keeps its work for later: has it done now, for what it was given last. */
  warm?(): Promise<void>;
  dispose(): Promise<void>;
}

/** One graph of a model, for a backend to load by its bytes, or to find by its name where it is already. */
export interface GraphSource {
  readonly manifest: ModelManifest;
  /** The name of the graph in the manifest. */
  readonly graph: string;
  /** SHA-256 of `model.json`, which vouches for all of the model; lower-case hex. */
  readonly modelHash: string;
  /** Whether the input `image` is always of whole bytes over 255, so that a server may take these. */
  readonly bytePicture: boolean;
  /** @throws ClickmaskError `bad-model`, `model-not-found` */
  read(): Promise<Uint8Array>;
}

/** How a backend's server is doing, as far as calls have shown. */
export interface BackendState {
  readonly server: string;
  /** `open`: nothing is sent for a moment, after failures in a row; `half-open`: the next call tries. */
  readonly circuit: 'closed' | 'open' | 'half-open';
  /** Failed calls in a row. */
  readonly failures: number;
  /** Milliseconds of the last call that succeeded. */
  readonly roundTripMs: number | null;
  readonly lastFailure: string | null;
  /** The largest batch that it had run when it was asked last, some seconds ago; null where it does not say. */
  readonly largestBatch: number | null;
}

export interface SessionOptions {
  /** Providers to try, best first; the first that loads the graph is used. */
  readonly providers: readonly Provider[];
  /** Intra-op threads on a CPU; default: the backend's choice. */
  readonly threads?: number;
}

/** The seam to an inference runtime: the only thing a model knows of it. */
export interface InferenceBackend {
  readonly name: string;
  /** What the runtime really offers on this machine, best first; probed, never assumed. */
  providers(): Promise<readonly Provider[]>;
  /** @throws ClickmaskError `provider-unavailable`, or `bad-model` where the graph cannot be loaded */
  createSession(source: GraphSource, options: SessionOptions): Promise<InferenceSession>;
  /** For backends whose networks run on a server. */
  state?(): BackendState;
}
