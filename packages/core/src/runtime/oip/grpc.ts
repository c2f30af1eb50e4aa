import { createSecureContext } from 'node:tls';
import type * as Grpc from '@grpc/grpc-js';
import { ClickmaskError, messageOf } from '../../errors/index.js';
import {
  bytesOf,
  messageField,
  numbersOf,
  packedField,
  readFields,
  textField,
  textOf,
  type WireField,
  writeFields,
} from '../../wire/index.js';
import type { TensorInfo } from '../backend.js';
import type { ResolvedServer } from './address.js';
import { isUnknownModel, tensorInfo } from './rest.js';
import { CallFailure, type InferRequest, maxMetadataBytes, type OipTransport, type WireTensor } from './transport.js';

const service = '/inference.GRPCInferenceService/';

/**
 * The protocol over gRPC, with the optional package `@grpc/grpc-js`.
 *
 * @throws ClickmaskError `backend-unavailable` if it is not installed
 */
export async function createGrpcTransport(server: ResolvedServer): Promise<OipTransport> {
  const grpc = await loadGrpc();
  const metadata = new grpc.Metadata();
  for (const [name, value] of Object.entries(server.headers)) metadata.set(name, value);
  const clients = createClients(grpc, server);
  const messages = createMessageRoom();

  const call = (method: string, request: readonly WireField[], timeoutMs: number, maxBytes = maxMetadataBytes) =>
    new Promise<readonly WireField[]>((resolve, reject) => {
      let message: Uint8Array | undefined;
      clients(maxBytes).makeUnaryRequest(
        service + method,
        (fields: readonly WireField[]) => {
          message = writeFields(fields, messages.take);
          return asBuffer(message);
        },
        (bytes: Buffer) => bytes,
        request,
        metadata,
        { deadline: Date.now() + timeoutMs },
        (error, answer) => {
          if (message !== undefined) messages.giveBack(message);
          if (error !== null) return reject(asFailure(grpc, error));
          try {
            resolve(readFields(answer ?? new Uint8Array(0)));
          } catch (cause) {
            reject(new CallFailure('garbage', 'its answer does not follow the protocol', cause));
          }
        },
      );
    });
  const named = (model: string, version: string) => [textField(1, model), textField(2, version)];
  /** The answer of a server that lacks an extension. */
  const optional = async (method: string, request: readonly WireField[], timeoutMs: number) => {
    try {
      return await call(method, request, timeoutMs);
    } catch (error) {
      if (error instanceof CallFailure && (error.kind === 'failed' || error.kind === 'unknown-model')) return null;
      throw error;
    }
  };

  return {
    async ready(timeoutMs) {
      try {
        return numbersOf(await call('ServerReady', [], timeoutMs), 1)[0] === 1;
      } catch {
        return false;
      }
    },
    async serverMetadata(timeoutMs) {
      const fields = await call('ServerMetadata', [], timeoutMs);
      return { name: textOf(fields, 1), version: textOf(fields, 2), extensions: texts(fields, 3) };
    },
    async modelMetadata(model, version, timeoutMs) {
      const fields = await call('ModelMetadata', named(model, version), timeoutMs);
      return {
        name: textOf(fields, 1),
        versions: texts(fields, 2),
        platform: textOf(fields, 3),
        inputs: bytesOf(fields, 4).map(readInfo),
        outputs: bytesOf(fields, 5).map(readInfo),
      };
    },
    async modelParameters(model, version, timeoutMs) {
      const fields = await optional('ModelConfig', named(model, version), timeoutMs);
      const config = fields === null ? undefined : bytesOf(fields, 1)[0];
      if (config === undefined) return null;
      const entries = bytesOf(readFields(config), 14).map((entry) => {
        const pair = readFields(entry);
        const value = bytesOf(pair, 2)[0];
        return [textOf(pair, 1), value === undefined ? '' : textOf(readFields(value), 1)] as const;
      });
      return Object.fromEntries(entries);
    },
    async modelStatistics(model, version, timeoutMs) {
      const fields = await optional('ModelStatistics', named(model, version), timeoutMs);
      const stats = fields === null ? undefined : bytesOf(fields, 1)[0];
      if (stats === undefined) return null;
      const own = readFields(stats);
      const counts = readFields(bytesOf(own, 6)[0] ?? new Uint8Array(0));
      const count = (number: number) =>
        numbersOf(readFields(bytesOf(counts, number)[0] ?? new Uint8Array(0)), 1)[0] ?? 0;
      return {
        inferences: numbersOf(own, 4)[0] ?? 0,
        executions: numbersOf(own, 5)[0] ?? 0,
        cacheHits: count(7),
        cacheMisses: count(8),
        largestBatch: Math.max(0, ...bytesOf(own, 7).map((batch) => numbersOf(readFields(batch), 1)[0] ?? 0)),
      };
    },
    async infer(request, timeoutMs) {
      const fields = await call('ModelInfer', writeRequest(request), timeoutMs, request.maxBytes + maxMetadataBytes);
      return readAnswer(fields);
    },
    close: () => clients.close(),
  };
}

/** Messages that are kept for later calls. */
const keptMessages = 8;

/**
 * Room for messages, used again after their calls: half a megabyte that is new with every call costs more than to send it,
 * since the system clears it and the garbage collector runs for it.
 */
function createMessageRoom() {
  const free: ArrayBufferLike[] = [];
  return {
    take(bytes: number): Uint8Array {
      const at = free.findIndex(({ byteLength }) => byteLength >= bytes && byteLength <= 2 * bytes);
      return new Uint8Array(at === -1 ? new ArrayBuffer(bytes) : free.splice(at, 1)[0], 0, bytes);
    },
    giveBack({ buffer }: Uint8Array): void {
      free.push(buffer);
      if (free.length > keptMessages) free.shift();
    },
  };
}

async function loadGrpc(): Promise<typeof Grpc> {
  try {
    return await import('@grpc/grpc-js');
  } catch (cause) {
    const message =
      'An engine at grpc:// needs the package @grpc/grpc-js. Install it beside @clickmask/core with: npm install @grpc/grpc-js. Or take the REST address (http://…).';
    throw new ClickmaskError('backend-unavailable', message, { cause });
  }
}

/** One client per maximum answer size, in powers of two. A larger answer is refused by its first bytes. */
function createClients(grpc: typeof Grpc, { target, secure }: ResolvedServer) {
  const clients = new Map<number, Grpc.Client>();
  // Node's own context includes the authorities of NODE_EXTRA_CA_CERTS; that of createSsl() does not.
  const credentials = secure
    ? grpc.credentials.createFromSecureContext(createSecureContext())
    : grpc.credentials.createInsecure();
  const get = (maxBytes: number): Grpc.Client => {
    const size = 2 ** Math.ceil(Math.log2(maxBytes));
    let client = clients.get(size);
    if (client === undefined) {
      client = new grpc.Client(target, credentials, {
        'grpc.max_receive_message_length': size,
        'grpc.max_send_message_length': -1,
        // A whole answer fits, so it is sent without waiting for window updates.
        'grpc-node.flow_control_window': 4 * 2 ** 20,
        // A server that comes back is found within the time of a retry.
        'grpc.initial_reconnect_backoff_ms': 100,
        'grpc.min_reconnect_backoff_ms': 100,
        'grpc.max_reconnect_backoff_ms': 2000,
        'grpc.keepalive_time_ms': 30_000,
        'grpc.enable_retries': 0,
        // All addresses of a name take turns, such as the replicas behind a headless service.
        'grpc.service_config': JSON.stringify({ loadBalancingConfig: [{ round_robin: {} }] }),
      });
      clients.set(size, client);
    }
    return client;
  };
  return Object.assign(get, {
    close() {
      for (const client of clients.values()) client.close();
      clients.clear();
    },
  });
}

function writeRequest({ model, version, inputs, outputs, priority }: InferRequest): readonly WireField[] {
  const parameter = [textField(1, 'priority'), messageField(2, [{ number: 2, value: BigInt(priority ?? 0) }])];
  return [
    textField(1, model),
    textField(2, version),
    ...(priority === undefined ? [] : [messageField(4, parameter)]),
    ...inputs.map(({ name, datatype, shape }) =>
      messageField(5, [textField(1, name), textField(2, datatype), packedField(3, shape)]),
    ),
    ...outputs.map((name) => messageField(6, [textField(1, name)])),
    ...inputs.map(({ bytes }) => ({ number: 7, value: bytes })),
  ];
}

function readAnswer(fields: readonly WireField[]): readonly WireTensor[] {
  const heads = bytesOf(fields, 5).map((head) => readHead(head));
  const raw = bytesOf(fields, 6);
  if (heads.length !== raw.length) {
    throw new CallFailure('garbage', `it answered ${heads.length} outputs with the bytes of ${raw.length}`);
  }
  return heads.map((head, i) => ({ ...head, bytes: raw[i] }));
}

function readHead(bytes: Uint8Array): Omit<WireTensor, 'bytes'> {
  try {
    const fields = readFields(bytes);
    return { name: textOf(fields, 1), datatype: textOf(fields, 2), shape: numbersOf(fields, 3) };
  } catch (cause) {
    throw new CallFailure('garbage', 'its answer does not follow the protocol', cause);
  }
}

function readInfo(bytes: Uint8Array): TensorInfo {
  const { name, datatype, shape } = readHead(bytes);
  return tensorInfo(name, datatype, shape);
}

const texts = (fields: readonly WireField[], number: number): readonly string[] =>
  bytesOf(fields, number).map((bytes) => new TextDecoder().decode(bytes));

const asBuffer = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);

function asFailure({ status }: typeof Grpc, error: Grpc.ServiceError): CallFailure {
  // The message's last sentence is cut elsewhere; a connection error ends in a label without text.
  const said = messageOf(new Error(error.details))
    .slice(0, 300)
    .replace(/(?:[.\s]|Resolution note:)+$/, '');
  const failure = (kind: CallFailure['kind']) => new CallFailure(kind, said, error);
  switch (error.code) {
    case status.UNAVAILABLE:
    case status.CANCELLED:
      return failure('unavailable');
    case status.DEADLINE_EXCEEDED:
      return new CallFailure('deadline', 'it took too long', error);
    case status.UNAUTHENTICATED:
    case status.PERMISSION_DENIED:
      return failure('refused');
    case status.NOT_FOUND:
      return failure('unknown-model');
    case status.RESOURCE_EXHAUSTED:
      return failure(/larger than max/.test(said) ? 'garbage' : 'unavailable');
    case status.INTERNAL:
      if (/RST_STREAM|ECONNRESET|socket/.test(said)) return failure('unavailable');
      return failure('failed');
    default:
      return failure(isUnknownModel(said) ? 'unknown-model' : 'failed');
  }
}
