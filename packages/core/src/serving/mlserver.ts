import type { DeclaredTensor } from '../models/index.js';
import { datatypeOf } from '../runtime/oip/datatypes.js';
import { mlserverRuntime } from './python-models.js';
import type { RepositoryFile, ServableModel } from './repository.js';

/** A repository for MLServer: a model per graph, and the runtime that runs them. */
export function mlserverRepository(model: ServableModel): readonly RepositoryFile[] {
  const { manifest, version, graphs, maxBatch, options } = model;
  const providers =
    options.device === 'gpu' ? ['CUDAExecutionProvider', 'CPUExecutionProvider'] : ['CPUExecutionProvider'];
  return [
    { path: 'settings.json', data: json({ parallel_workers: 0, metrics_endpoint: '/metrics', ...largeMessages }) },
    { path: 'clickmask_runtime.py', data: mlserverRuntime },
    ...graphs.flatMap(({ name, onnx, inputs, outputs }): RepositoryFile[] => [
      { path: `${manifest.name}-${name}/model.onnx`, data: onnx },
      {
        path: `${manifest.name}-${name}/model-settings.json`,
        data: json({
          name: `${manifest.name}-${name}`,
          implementation: 'clickmask_runtime.OnnxRuntime',
          inputs: inputs.map(metadata),
          outputs: outputs.map(metadata),
          ...(maxBatch > 1 ? { max_batch_size: maxBatch, max_batch_time: 0.002 } : {}),
          parameters: {
            uri: './model.onnx',
            version,
            extra: { providers, ...(options.threads === undefined ? {} : { threads: options.threads }) },
          },
        }),
      },
    ]),
  ];
}

/** gRPC's default limit of 4 MB is too small for the features of larger models. */
const largeMessages = { grpc_max_message_length: 128 * 2 ** 20 };

const metadata = ({ name, type, shape }: DeclaredTensor) => ({
  name,
  datatype: datatypeOf(type),
  shape: shape.map((size) => (typeof size === 'number' ? size : -1)),
});

const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;
