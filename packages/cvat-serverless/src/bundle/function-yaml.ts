import { functionVariables } from '../function/index.js';

/** The settings of a generated `function.yaml`. */
export interface FunctionYamlOptions {
  /** The function's id in CVAT and nuclio. */
  readonly name: string;
  readonly displayName: string;
  readonly description: string;
  readonly helpMessage: string;
  readonly target: 'cpu' | 'gpu';
  readonly baseImage: string;
  /** Shell commands that run in the function's folder during the image build. */
  readonly buildCommands: readonly string[];
  /** Additional directives before the function's files are copied. */
  readonly preCopy: readonly { readonly kind: string; readonly value: string }[];
  readonly workers: number;
  /** nuclio 1.13 and later call it `numWorkers`, earlier versions `maxWorkers`. */
  readonly workersKey: 'numWorkers' | 'maxWorkers';
  /** Largest request in MiB, including the image in base64. */
  readonly maxBodyMb: number;
  readonly eventTimeoutSeconds: number;
  /** Port on the host. Default: a free one. */
  readonly port?: number;
  /** Memory limit of the container, such as `1Gi`. */
  readonly memory?: string;
  readonly env: Readonly<Record<string, string>>;
  /** Whether the annotator may start with a box. */
  readonly optionalBox: boolean;
}

/** The wrapper's file name in a function's folder. */
export const wrapperFile = 'clickmask-wrapper.mjs';
/** Where nuclio puts the function's folder in the image. */
export const imageFolder = '/opt/nuclio';

/** The text of a `function.yaml`. Comments give the reason for everything that is not obvious. */
export function writeFunctionYaml(options: FunctionYamlOptions): string {
  const { target, env, port, workers, memory } = options;
  // With more arenas, glibc keeps the memory of large images for every thread that decoded one.
  const variables = { MALLOC_ARENA_MAX: '2', ...env, NUCLIO_NODEJS_WRAPPER_PATH: `${imageFolder}/${wrapperFile}` };
  const unset = Object.entries(functionVariables).filter(([name]) => !(name in env));
  const limits = [
    ...(target === 'gpu' ? ['nvidia.com/gpu: 1'] : []),
    ...(memory === undefined ? [] : [`memory: ${quote(memory)}`]),
  ];
  const lines = [
    'metadata:',
    `  name: ${quote(options.name)}`,
    '  namespace: cvat',
    '  annotations:',
    `    name: ${quote(options.displayName)}`,
    '    type: interactor',
    '    # The user interface refuses interactors below version 2.',
    '    version: "2"',
    '    spec: "[]"',
    '    # With 1 here a box alone would ask for nothing. A click on the background alone gives an empty mask.',
    '    min_pos_points: "0"',
    '    # -1 would switch clicks on the background off.',
    '    min_neg_points: "0"',
    ...(options.optionalBox
      ? [
          '    # CVAT takes any text here for true: to switch it off, remove the line.',
          '    startswith_box_optional: "true"',
        ]
      : []),
    `    help_message: ${quote(options.helpMessage)}`,
    '',
    'spec:',
    `  description: ${quote(options.description)}`,
    '  runtime: nodejs',
    '  handler: main:handler',
    `  eventTimeout: ${options.eventTimeoutSeconds}s`,
    '',
    '  env:',
    ...Object.entries(variables).flatMap(([name, value]) => [`    - name: ${name}`, `      value: ${quote(value)}`]),
    '    # Further settings:',
    ...unset.map(([name, meaning]) => `    # ${name}: ${meaning}`),
    '',
    '  build:',
    `    image: ${quote(`clickmask.${options.name}.${target}`)}`,
    `    baseImage: ${quote(options.baseImage)}`,
    '    directives:',
    ...(options.preCopy.length === 0
      ? []
      : [
          '      preCopy:',
          ...options.preCopy.flatMap(({ kind, value }) => [
            `        - kind: ${kind}`,
            `          value: ${quote(value)}`,
          ]),
        ]),
    '      # Not under build.commands: those run before the files are copied, and replace these.',
    '      postCopy:',
    '        - kind: RUN',
    `          value: ${quote([`cd ${imageFolder}`, ...options.buildCommands].join(' && '))}`,
    '',
    '  triggers:',
    '    http:',
    '      kind: http',
    '      # Each worker is a process with a model and a cache of its own: more of them answer more annotators at once, and',
    '      # find a frame in their cache less often.',
    `      ${options.workersKey}: ${workers}`,
    '      workerAvailabilityTimeoutMilliseconds: 10000',
    '      attributes:',
    `        # ${options.maxBodyMb} MiB, about ${Math.floor((options.maxBodyMb * 3) / 4)} MiB of image; nuclio's default is 4 MiB.`,
    `        maxRequestBodySize: ${options.maxBodyMb * 2 ** 20}`,
    ...(port === undefined ? [] : [`        port: ${port}`]),
    '',
    ...(limits.length === 0 ? [] : ['  resources:', '    limits:', ...limits.map((line) => `      ${line}`), '']),
    '  platform:',
    '    attributes:',
    '      restartPolicy:',
    '        name: always',
    '        maximumRetryCount: 3',
    '      mountMode: volume',
    '',
  ];
  return lines.join('\n');
}

/** Text in double quotes: YAML reads JSON strings. */
function quote(text: string): string {
  return JSON.stringify(text);
}
