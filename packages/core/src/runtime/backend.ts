import type { ModelManifest } from '../models/manifest.js';

/**
 * Where a network runs. `oip`: on an inference server (Triton, KServe, MLServer) that receives tensors, with the
 * pipeline on this machine. `remote`: the whole segmenter is on a server of this project.
 */
export type Provider = 'cuda' | 'webgpu' | 'cpu' | 'wasm' | 'oip' | 'remote';

export type TensorType = 'float32' | 'float16' | 'int32' | 'int64' | 'uint8' | 'bool';

/** A dense row-major array; `data.length` is the product of `shape`. */
export interface Tensor {
  readonly type: TensorType;
  readonly shape: readonly number[];
  readonly data: Float32Array | Uint16Array | Int32Array | BigInt64Array | Uint8Array;
}

/** A graph's declaration of an input or output. A variable dimension is a name or -1. */
export interface TensorInfo {
  readonly name: string;
  readonly type: TensorType;
  readonly shape: readonly (number | string)[];
}

/** One loaded graph. Calls are served one after another. */
export interface InferenceSession {
  readonly provider: Provider;
  /** True if only other sessions of this backend can use the outputs. */
  readonly opaque?: boolean;
  readonly inputs: readonly TensorInfo[];
  readonly outputs: readonly TensorInfo[];
  /** @throws ClickmaskError `backend-failed` with the runtime's own message as the cause */
  run(feeds: Readonly<Record<string, Tensor>>): Promise<Readonly<Record<string, Tensor>>>;
  /** If `run` postpones its work: does it now, for the latest input. */
  warm?(): Promise<void>;
  dispose(): Promise<void>;
}

/** One graph of a model. A backend loads it by its bytes, or finds it by name where it already exists. */
export interface GraphSource {
  readonly manifest: ModelManifest;
  /** The graph's name in the manifest. */
  readonly graph: string;
  /** SHA-256 of `model.json`, which covers the whole model; lower-case hex. */
  readonly modelHash: string;
  /** Whether the input `image` always consists of whole bytes / 255, so that a server can accept these bytes. */
  readonly bytePicture: boolean;
  /** @throws ClickmaskError `bad-model`, `model-not-found` */
  read(): Promise<Uint8Array>;
}

/** State of a backend's server, as known from calls. */
export interface BackendState {
  readonly server: string;
  /** `open`: nothing is sent for a while after repeated failures. `half-open`: the next call tries again. */
  readonly circuit: 'closed' | 'open' | 'half-open';
  /** Failed calls in a row. */
  readonly failures: number;
  /** Milliseconds of the last successful call. */
  readonly roundTripMs: number | null;
  readonly lastFailure: string | null;
  /** The largest batch that it had run when last asked, some seconds ago; null if it does not report this. */
  readonly largestBatch: number | null;
}

export interface SessionOptions {
  /** Providers to try, best first. The first that loads the graph is used. */
  readonly providers: readonly Provider[];
  /** Intra-op threads on a CPU. Default: the backend's choice. */
  readonly threads?: number;
}

/** The interface to an inference runtime. A model knows nothing else of the runtime. */
export interface InferenceBackend {
  readonly name: string;
  /** The providers that work on this machine, best first. They are probed and never assumed. */
  providers(): Promise<readonly Provider[]>;
  /** @throws ClickmaskError `provider-unavailable`; `bad-model` if the graph cannot be loaded */
  createSession(source: GraphSource, options: SessionOptions): Promise<InferenceSession>;
  /** For backends whose networks run on a server. */
  state?(): BackendState;
}
