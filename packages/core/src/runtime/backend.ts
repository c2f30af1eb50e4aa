/** Where a network runs. `remote` stands for a server that speaks the Open Inference Protocol. */
export type Provider = 'cuda' | 'webgpu' | 'cpu' | 'wasm' | 'remote';

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
  readonly inputs: readonly TensorInfo[];
  readonly outputs: readonly TensorInfo[];
  /** @throws ClickmaskError `backend-failed` with the runtime's own message as the cause */
  run(feeds: Readonly<Record<string, Tensor>>): Promise<Readonly<Record<string, Tensor>>>;
  dispose(): Promise<void>;
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
  createSession(graph: Uint8Array, options: SessionOptions): Promise<InferenceSession>;
}
