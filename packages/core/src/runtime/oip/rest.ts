import type { IncomingHttpHeaders } from 'node:http';
import type { TensorInfo } from '../backend.js';
import type { ResolvedServer } from './address.js';
import { typeOf } from './datatypes.js';
import { createHttpExchange } from './http-exchange.js';
import {
  CallFailure,
  type InferRequest,
  type ModelMetadata,
  maxMetadataBytes,
  type OipTransport,
  type WireTensor,
} from './transport.js';

const headerLength = 'inference-header-content-length';

/** The protocol over HTTP, with tensors as bytes after the JSON (the binary tensor data extension). */
export function createRestTransport({ url, headers, secure }: ResolvedServer): OipTransport {
  const http = createHttpExchange(secure);
  const alignAt = (from: IncomingHttpHeaders) => Number(from[headerLength]);
  const call = async (path: string, timeoutMs: number, maxBytes: number, body?: readonly Uint8Array[], own = {}) => {
    const exchange = { body, headers: { ...headers, ...own }, timeoutMs, maxBytes, alignAt };
    const answer = await http.send(`${url}/v2${path}`, exchange);
    const { status, bytes } = answer;
    if (status < 200 || status > 299) throw statusFailure(status, bytes);
    return { bytes, head: answer.headers[headerLength] };
  };
  const json = async (path: string, timeoutMs: number) =>
    parseJson((await call(path, timeoutMs, maxMetadataBytes)).bytes);
  const modelPath = (model: string, version: string) =>
    `/models/${encodeURIComponent(model)}${version === '' ? '' : `/versions/${encodeURIComponent(version)}`}`;
  /** The answer of a server that lacks an extension. */
  const optional = async <T>(work: Promise<T>): Promise<T | null> => {
    try {
      return await work;
    } catch (error) {
      const absent = error instanceof CallFailure && ['unknown-model', 'failed', 'garbage'].includes(error.kind);
      if (absent) return null;
      throw error;
    }
  };

  return {
    async ready(timeoutMs) {
      try {
        await call('/health/ready', timeoutMs, maxMetadataBytes);
        return true;
      } catch {
        return false;
      }
    },
    async serverMetadata(timeoutMs) {
      const { name, version, extensions } = asRecord(await json('', timeoutMs));
      return { name: text(name), version: text(version), extensions: texts(extensions) };
    },
    async modelMetadata(model, version, timeoutMs): Promise<ModelMetadata> {
      const found = asRecord(await json(modelPath(model, version), timeoutMs));
      return {
        name: text(found.name),
        versions: texts(found.versions),
        platform: text(found.platform),
        inputs: tensors(found.inputs),
        outputs: tensors(found.outputs),
      };
    },
    async modelParameters(model, version, timeoutMs) {
      const found = await optional(json(`${modelPath(model, version)}/config`, timeoutMs));
      if (found === null) return null;
      const entries = Object.entries(asRecord(asRecord(found).parameters ?? {}));
      return Object.fromEntries(entries.map(([name, value]) => [name, text(asRecord(value).string_value)]));
    },
    async modelStatistics(model, version, timeoutMs) {
      const found = await optional(json(`${modelPath(model, version)}/stats`, timeoutMs));
      const list = found === null ? [] : asRecord(found).model_stats;
      const [stats] = Array.isArray(list) ? (list as unknown[]) : [];
      if (stats === undefined) return null;
      const { inference_count, execution_count, inference_stats, batch_stats } = asRecord(stats);
      const counts = asRecord(inference_stats ?? {});
      const count = (one: unknown) => Number(asRecord(one ?? {}).count ?? 0);
      const batches = Array.isArray(batch_stats) ? (batch_stats as unknown[]) : [];
      return {
        inferences: Number(inference_count ?? 0),
        executions: Number(execution_count ?? 0),
        cacheHits: count(counts.cache_hit),
        cacheMisses: count(counts.cache_miss),
        largestBatch: Math.max(0, ...batches.map((one) => Number(asRecord(one).batch_size ?? 0))),
      };
    },
    async infer(request, timeoutMs) {
      const { body, head } = writeRequest(request);
      const path = `${modelPath(request.model, request.version)}/infer`;
      const own = { 'content-type': 'application/octet-stream', [headerLength]: String(head) };
      const answer = await call(path, timeoutMs, request.maxBytes + maxMetadataBytes, body, own);
      return readAnswer(answer.bytes, answer.head);
    },
    close: () => http.close(),
  };
}

function writeRequest({ inputs, outputs, priority }: InferRequest): {
  readonly body: readonly Uint8Array[];
  readonly head: number;
} {
  const json = new TextEncoder().encode(
    JSON.stringify({
      ...(priority === undefined ? {} : { parameters: { priority } }),
      inputs: inputs.map(({ name, shape, datatype, bytes }) => ({
        name,
        shape,
        datatype,
        parameters: { binary_data_size: bytes.length },
      })),
      outputs: outputs.map((name) => ({ name, parameters: { binary_data: true } })),
    }),
  );
  return { body: [json, ...inputs.map(({ bytes }) => bytes)], head: json.length };
}

function readAnswer(bytes: Uint8Array, head: string | string[] | undefined): readonly WireTensor[] {
  if (typeof head !== 'string') {
    const message = 'it has no binary tensors over REST. Use its gRPC address (grpc://…) instead';
    throw new CallFailure('failed', message);
  }
  const length = Number(head);
  if (!Number.isSafeInteger(length) || length < 0 || length > bytes.length) {
    throw new CallFailure('garbage', `it says that ${head.slice(0, 40)} of ${bytes.length} bytes are JSON`);
  }
  const { outputs } = asRecord(parseJson(bytes.subarray(0, length)));
  if (!Array.isArray(outputs)) throw new CallFailure('garbage', 'its answer has no outputs');
  let offset = length;
  return (outputs as unknown[]).map((output) => {
    const { name, datatype, shape, parameters } = asRecord(output);
    const size = asRecord(parameters ?? {}).binary_data_size;
    if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0 || offset + size > bytes.length) {
      throw new CallFailure('garbage', `output '${text(name)}' has no bytes, or fewer than it says`);
    }
    const part = bytes.subarray(offset, offset + size);
    offset += size;
    return { name: text(name), datatype: text(datatype), shape: numbers(shape), bytes: part };
  });
}

function statusFailure(status: number, bytes: Uint8Array): CallFailure {
  const said = errorText(bytes);
  const message = `it answered ${status}${said === '' ? '' : `: ${said}`}`;
  if (status === 401 || status === 403) return new CallFailure('refused', message);
  // 502 is a load balancer's status for a missing server; 429 and 503 mean that it is busy.
  if (status === 429 || status === 502 || status === 503) return new CallFailure('unavailable', message);
  if (status === 504) return new CallFailure('deadline', message);
  if (status === 404 || isUnknownModel(said)) return new CallFailure('unknown-model', message);
  if (status >= 300 && status < 400) {
    return new CallFailure('failed', `${message}, a redirect, which is not followed. Use the address it leads to`);
  }
  // Servers with the extension describe errors in the protocol's form.
  if (status === 422 || said === '') {
    const advice =
      'A server without binary tensors over REST, such as MLServer, is reached by its gRPC address (grpc://…)';
    return new CallFailure('failed', `${message}. ${advice}`);
  }
  return new CallFailure('failed', message);
}

/** Triton reports this with the status of a bad request. */
export const isUnknownModel = (said: string): boolean =>
  /unknown model|model .*not found|not (?:ready|loaded)/i.test(said);

function errorText(bytes: Uint8Array): string {
  const whole = new TextDecoder().decode(bytes.subarray(0, 2000));
  try {
    const { error, detail } = asRecord(JSON.parse(whole));
    return (text(error) || text(detail)).slice(0, 300);
  } catch {
    return '';
  }
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new CallFailure('garbage', 'its answer is not JSON', cause);
  }
}

function asRecord(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new CallFailure('garbage', 'its answer does not follow the protocol');
}

const text = (value: unknown): string => (typeof value === 'string' ? value : '');
const texts = (value: unknown): readonly string[] => (Array.isArray(value) ? value.map((one) => String(one)) : []);
const numbers = (value: unknown): readonly number[] => (Array.isArray(value) ? value.map(Number) : []);

function tensors(value: unknown): readonly TensorInfo[] {
  if (!Array.isArray(value)) return [];
  return (value as unknown[]).map((one) => {
    const { name, datatype, shape } = asRecord(one);
    return tensorInfo(text(name), text(datatype), numbers(shape));
  });
}

/** @throws CallFailure `failed` for a type that no graph here uses */
export function tensorInfo(name: string, datatype: string, shape: readonly number[]): TensorInfo {
  const type = typeOf(datatype);
  if (type === undefined)
    throw new CallFailure('failed', `its tensor '${name}' is of the type ${datatype.slice(0, 40)}`);
  return { name, type, shape };
}
