import type { DeclaredTensor } from '../models/index.js';
import type { TensorType } from '../runtime/backend.js';
import { clickContract, hasClickLevel } from '../runtime/oip/click-sessions.js';
import { hashParameter } from '../runtime/oip/served-model.js';
import { tritonPythonModel } from './python-models.js';
import type { RepositoryFile, ServableGraph, ServableModel } from './repository.js';
import { tritonStart } from './triton-start.js';

/** The Triton backend for the graphs: its own for ONNX, or Python with the package `onnxruntime`. */
export type TritonBackend = 'onnxruntime' | 'python';

const types: Readonly<Record<TensorType, string>> = {
  float32: 'TYPE_FP32',
  float16: 'TYPE_FP16',
  int32: 'TYPE_INT32',
  int64: 'TYPE_INT64',
  uint8: 'TYPE_UINT8',
  bool: 'TYPE_BOOL',
};

/** Milliseconds that a request may wait in the queue. Annotators have given up by then. */
const queueMs = 5000;
/** Microseconds that a request waits for others to join its batch. */
const batchUs = 2000;

/** A repository for Triton: a model per graph, and the click level as an ensemble of both. */
export function tritonRepository(model: ServableModel, backend: TritonBackend): readonly RepositoryFile[] {
  const { manifest, version, graphs } = model;
  const start = backend === 'python' ? [{ path: 'start.sh', data: tritonStart }] : [];
  const models = graphs.flatMap((graph): RepositoryFile[] => {
    const folder = `${manifest.name}-${graph.name}`;
    return [
      { path: `${folder}/config.pbtxt`, data: graphConfig(model, graph, backend) },
      { path: `${folder}/${version}/model.onnx`, data: graph.onnx },
      ...(backend === 'python' ? [{ path: `${folder}/${version}/model.py`, data: tritonPythonModel }] : []),
    ];
  });
  const files = [...start, ...models];
  if (!hasClickLevel(manifest)) return files;
  const { name } = clickContract(manifest);
  return [
    ...files,
    { path: `${name}/config.pbtxt`, data: clickConfig(model) },
    // Triton needs a folder for the version, and archives drop empty folders.
    { path: `${name}/${version}/ensemble.txt`, data: 'An ensemble has no files; this one keeps the folder.\n' },
  ];
}

function graphConfig(model: ServableModel, graph: ServableGraph, backend: TritonBackend): string {
  const { manifest, maxBatch, options } = model;
  const { device, instances, threads } = options;
  return lines(
    `name: ${quote(`${manifest.name}-${graph.name}`)}`,
    `backend: ${quote(backend)}`,
    `max_batch_size: ${maxBatch}`,
    ...tensors('input', graph.inputs, maxBatch),
    ...tensors('output', graph.outputs, maxBatch),
    'instance_group [',
    `  { count: ${instances}, kind: ${device === 'gpu' ? 'KIND_GPU' : 'KIND_CPU'} }`,
    ']',
    ...scheduling(model),
    ...(isEncoder(graph)
      ? [
          '# Every click on a region brings its image again: from the second on the features come from the cache.',
          'response_cache { enable: true }',
        ]
      : []),
    ...warmup(graph, maxBatch),
    ...parameters(model, threads === undefined ? {} : { intra_op_thread_count: String(threads) }),
  );
}

/** Clicks come first, preparatory work second. Nothing waits for ever. */
function scheduling({ maxBatch, options }: ServableModel): readonly string[] {
  if (maxBatch === 0) return [];
  const policy = `timeout_action: REJECT, default_timeout_microseconds: ${queueMs * 1000}, allow_timeout_override: true, max_queue_size: ${options.queue}`;
  return [
    'dynamic_batching {',
    ...(maxBatch > 1 ? [`  max_queue_delay_microseconds: ${batchUs}`] : []),
    '  priority_levels: 2',
    '  default_priority_level: 1',
    `  default_queue_policy { ${policy} }`,
    '}',
  ];
}

/** Runs the runtime's one-time work before the first request. */
function warmup({ inputs }: ServableGraph, maxBatch: number): readonly string[] {
  return [
    'model_warmup [',
    '  {',
    '    name: "zeros"',
    `    batch_size: ${maxBatch === 0 ? 0 : 1}`,
    ...inputs.map(
      (input) =>
        `    inputs { key: ${quote(input.name)} value { data_type: ${types[input.type]}, dims: [ ${dims(input, maxBatch, 1).join(', ')} ], zero_data: true } }`,
    ),
    '  }',
    ']',
  ];
}

function clickConfig(model: ServableModel): string {
  const { manifest, version, maxBatch, graphs } = model;
  const contract = clickContract(manifest);
  const encoder = graphs.find(({ name }) => name === 'encoder') as ServableGraph;
  const decoder = graphs.find(({ name }) => name === 'decoder') as ServableGraph;
  const features = encoder.outputs.filter(({ name }) => decoder.inputs.some((input) => input.name === name));
  const image = encoder.inputs[0];
  const inputs = contract.inputs.map((input) => (input.name === image.name ? image : input));
  const map = (kind: 'input_map' | 'output_map', names: readonly DeclaredTensor[]) =>
    names.map(({ name }) => `      ${kind} { key: ${quote(name)}, value: ${quote(name)} }`);
  const step = (graph: string, taken: readonly DeclaredTensor[], given: readonly DeclaredTensor[]) => [
    '    {',
    `      model_name: ${quote(`${manifest.name}-${graph}`)}`,
    `      model_version: ${version}`,
    ...map('input_map', taken),
    ...map('output_map', given),
    '    }',
  ];
  return lines(
    `name: ${quote(contract.name)}`,
    'platform: "ensemble"',
    `max_batch_size: ${maxBatch}`,
    ...tensors('input', inputs, maxBatch),
    ...tensors('output', decoder.outputs, maxBatch),
    'ensemble_scheduling {',
    '  step [',
    [step('encoder', [image], features).join('\n'), step('decoder', decoder.inputs, decoder.outputs).join('\n')].join(
      ',\n',
    ),
    '  ]',
    '}',
    ...parameters(model, {}),
  );
}

function tensors(kind: 'input' | 'output', declared: readonly DeclaredTensor[], maxBatch: number): readonly string[] {
  const rows = declared.map(
    (tensor) =>
      `  { name: ${quote(tensor.name)}, data_type: ${types[tensor.type]}, dims: [ ${dims(tensor, maxBatch, -1).join(', ')} ] }`,
  );
  return [`${kind} [`, rows.join(',\n'), ']'];
}

/** Without the batch dimension if the server adds it. */
function dims({ shape }: DeclaredTensor, maxBatch: number, open: number): readonly number[] {
  return (maxBatch === 0 ? shape : shape.slice(1)).map((size) => (typeof size === 'number' ? size : open));
}

function parameters({ hash }: ServableModel, more: Readonly<Record<string, string>>): readonly string[] {
  return Object.entries({ [hashParameter]: hash, ...more }).map(
    ([key, value]) => `parameters { key: ${quote(key)}, value: { string_value: ${quote(value)} } }`,
  );
}

const isEncoder = ({ name }: ServableGraph): boolean => name === 'encoder';
const lines = (...all: readonly string[]): string => `${all.join('\n')}\n`;
const quote = (text: string): string => JSON.stringify(text);
