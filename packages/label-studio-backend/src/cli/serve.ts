import { createServer, type Server } from 'node:http';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { createRemoteSegmenter, type Segmenter } from '@clickmask/core';
import {
  defineCommand,
  machineWarnings,
  readingFromOptions,
  readingOptions,
  type Terminal,
  UsageError,
  type Values,
  withoutSecrets,
} from '@clickmask/core/adapters';
import { createSegmenter, defaultModelsFolder, modelInUse } from '@clickmask/core/node';
import { createLabelStudioBackend } from '../app/index.js';
import { createJsonLogger, createLogWriter, type Logger } from '../diagnostics/index.js';
import { outputKinds } from '../labeling-config/index.js';
import { createSwitchingSegmenter, followModelInUse } from '../model/index.js';
import { runTrainCommand } from '../training/index.js';
import { authOptions, engineOf, engineOptions } from './shared-options.js';

const options = {
  port: { type: 'whole', max: 65_535, help: 'Port to listen on.', env: ['PORT'], default: 9090 },
  host: {
    type: 'text',
    value: 'ADDRESS',
    help: 'Address to listen on; 0.0.0.0 for all.',
    env: ['CLICKMASK_HOST'],
    default: '127.0.0.1',
  },
  'label-studio-url': {
    type: 'text',
    value: 'URL',
    also: 'url',
    help: 'Address of Label Studio as seen from this machine, with its path prefix if it has one.',
    env: ['LABEL_STUDIO_URL', 'LABEL_STUDIO_HOST'],
  },
  token: {
    type: 'text',
    value: 'TOKEN',
    help: 'Personal access token or legacy token, from Account & Settings. Needed for uploads and cloud storage.',
    env: ['LABEL_STUDIO_API_KEY', 'LABEL_STUDIO_ACCESS_TOKEN'],
  },
  alias: {
    type: 'list',
    value: 'ORIGIN',
    help: 'Another origin by which tasks name the same Label Studio, such as https://labels.example.com.',
    env: ['CLICKMASK_LABEL_STUDIO_ALIASES'],
  },
  'allow-host': {
    type: 'list',
    value: 'HOST',
    help: 'Host that images may be fetched from: images.example.com, *.example.com, or * for every public one.',
    env: ['CLICKMASK_ALLOW_HOSTS'],
  },
  'allow-private-host': {
    type: 'list',
    value: 'HOST',
    help: 'The same for a host with a private address, such as minio:9000.',
    env: ['CLICKMASK_ALLOW_PRIVATE_HOSTS'],
  },
  'local-files': {
    type: 'text',
    value: 'DIR',
    help: "Folder of Label Studio's local storage, if this machine has it too.",
    env: ['LOCAL_FILES_DOCUMENT_ROOT', 'LABEL_STUDIO_LOCAL_FILES_DOCUMENT_ROOT'],
  },
  output: {
    type: 'text',
    choices: ['auto', ...outputKinds],
    help: 'What a mask becomes. auto takes the best output of the labeling config.',
    env: ['CLICKMASK_OUTPUT'],
    default: 'auto',
  },
  detail: {
    type: 'number',
    max: 1,
    value: '0..1',
    help: 'How closely polygons follow the mask.',
    env: ['CLICKMASK_POLYGON_DETAIL'],
    default: 0.8,
  },
  holes: {
    type: 'text',
    choices: ['fill', 'cut'],
    help: 'Holes in polygons: filled, or cut out by a slit of no width.',
    env: ['CLICKMASK_POLYGON_HOLES'],
    default: 'fill',
  },
  model: {
    type: 'text',
    value: 'NAME|DIR',
    help: 'Model. Default: the model in use (clickmask models use), followed when it changes; else the embedded one.',
    env: ['CLICKMASK_MODEL'],
  },
  provider: {
    type: 'text',
    choices: ['auto', 'cpu', 'webgpu', 'cuda'],
    help: 'Where the network runs.',
    env: ['CLICKMASK_PROVIDER'],
    default: 'auto',
  },
  remote: {
    type: 'text',
    value: 'URL',
    help: 'Sends the work to a whole segmenter behind HTTP. CLICKMASK_REMOTE_TOKEN is its token.',
    env: ['CLICKMASK_REMOTE'],
  },
  ...engineOptions,
  workers: {
    type: 'whole',
    min: 1,
    max: 256,
    help: 'Worker threads. Default: one per core, at most 4; or 4 with an engine.',
    env: ['CLICKMASK_WORKERS'],
  },
  threads: {
    type: 'whole',
    min: 1,
    max: 1024,
    help: 'Threads of each worker. Default: the cores that the process may use, divided by workers.',
    env: ['CLICKMASK_THREADS'],
  },
  spin: {
    type: 'switch',
    help: 'Waiting threads spin. Only for a machine that does nothing else.',
    env: ['CLICKMASK_SPIN'],
  },
  ...authOptions,
  range: { ...readingOptions.range, env: ['CLICKMASK_RANGE'] },
  bands: { ...readingOptions.bands, env: ['CLICKMASK_BANDS'] },
  'cache-dir': {
    type: 'text',
    value: 'DIR',
    help: 'Folder for fetched images; "off" for none. Default: ~/.cache/clickmask/label-studio.',
    env: ['CLICKMASK_CACHE_DIR'],
  },
  'cache-mb': {
    type: 'number',
    min: 1,
    help: 'Size of that folder, in megabytes.',
    env: ['CLICKMASK_CACHE_MB'],
    default: 2000,
  },
  'cache-hours': {
    type: 'number',
    min: 0.01,
    help: 'Hours after which an image is fetched again.',
    env: ['CLICKMASK_CACHE_HOURS'],
    default: 24,
  },
  'max-body-mb': {
    type: 'number',
    min: 1,
    help: 'Largest request, in megabytes.',
    env: ['CLICKMASK_MAX_BODY_MB'],
    default: 50,
  },
  'max-picture-mb': {
    type: 'number',
    min: 1,
    help: 'Largest image, in megabytes.',
    env: ['CLICKMASK_MAX_PICTURE_MB'],
    default: 100,
  },
  'max-pixels': {
    type: 'whole',
    min: 1,
    help: 'Largest image, in pixels.',
    env: ['CLICKMASK_MAX_PIXELS'],
    default: 64000000,
  },
  'picture-timeout': {
    type: 'number',
    min: 1,
    max: 95,
    value: 'S',
    help: 'Seconds to fetch an image.',
    env: ['CLICKMASK_PICTURE_TIMEOUT'],
    default: 30,
  },
  'combine-minutes': {
    type: 'number',
    help: 'Minutes in which a box and clicks count as one object; 0 for never.',
    env: ['CLICKMASK_COMBINE_MINUTES'],
    default: 10,
  },
  'look-ahead': {
    type: 'whole',
    max: 16,
    help: 'Number of next tasks to prepare while nobody clicks.',
    env: ['CLICKMASK_LOOK_AHEAD'],
    default: 2,
  },
  'batch-points': {
    type: 'text',
    choices: ['object', 'each'],
    help: 'Existing keypoints in batch prediction: one object per label, or one object each.',
    env: ['CLICKMASK_BATCH_POINTS'],
    default: 'object',
  },
  'negative-label': {
    type: 'list',
    value: 'FORM',
    help: "Labels for negative clicks; * stands for the other label: 'not *', '* (not)'.",
    env: ['CLICKMASK_NEGATIVE_LABELS'],
  },
  'max-objects': {
    type: 'whole',
    min: 1,
    max: 1_000_000,
    help: 'Maximum objects in one request.',
    env: ['CLICKMASK_MAX_OBJECTS'],
    default: 100,
  },
  'max-queued': {
    type: 'whole',
    min: 1,
    max: 1_000_000,
    help: 'Maximum requests that wait for one task.',
    env: ['CLICKMASK_MAX_QUEUED'],
    default: 16,
  },
  'max-clicks': {
    type: 'whole',
    min: 1,
    max: 10_000,
    help: 'Maximum clicks of one object.',
    env: ['CLICKMASK_MAX_CLICKS'],
    default: 200,
  },
  'max-bodies-mb': {
    type: 'number',
    min: 1,
    help: 'Size of all running requests together, in megabytes. One address gets half of it.',
    env: ['CLICKMASK_MAX_BODIES_MB'],
    default: 256,
  },
  'min-body-rate': {
    type: 'number',
    help: 'Minimum bytes per second of a request, over three seconds.',
    env: ['CLICKMASK_MIN_BODY_RATE'],
    default: 10_000,
  },
  'max-bodies': {
    type: 'whole',
    min: 1,
    max: 1_000_000,
    help: 'Maximum requests that arrive at the same time from one address.',
    env: ['CLICKMASK_MAX_BODIES'],
    default: 64,
  },
  'open-pictures-mb': {
    type: 'number',
    min: 1,
    help: 'Size of open image files in memory, in megabytes.',
    env: ['CLICKMASK_OPEN_PICTURES_MB'],
    default: 256,
  },
  'answer-timeout': {
    type: 'number',
    min: 1,
    max: 600,
    value: 'S',
    help: 'Seconds to answer, with waiting and fetching images.',
    env: ['CLICKMASK_ANSWER_TIMEOUT'],
    default: 90,
  },
  'server-name': {
    type: 'list',
    value: 'NAME',
    help: 'Name under which browsers reach /diagnostics, such as clicks.example.com. Only needed without a password.',
    env: ['CLICKMASK_SERVER_NAMES'],
  },
  'train-command': {
    type: 'text',
    value: 'COMMAND',
    help:
      'Shell command that "Start training" runs, one at a time. CLICKMASK_EXPORT is the JSON export, with the images beside it. ' +
      'CLICKMASK_PROJECT is the number of the project. Default: none.',
    env: ['CLICKMASK_TRAIN_COMMAND'],
  },
  'max-train-mb': {
    type: 'number',
    min: 1,
    help: 'Size of all images that a training is given, in megabytes.',
    env: ['CLICKMASK_MAX_TRAIN_MB'],
    default: 4000,
  },
  'empty-predictions': {
    type: 'text',
    choices: ['skip', 'store'],
    help: 'store gives tasks without a click an empty prediction.',
    env: ['CLICKMASK_EMPTY_PREDICTIONS'],
    default: 'skip',
  },
} as const;

/** Runs the backend until it is asked to stop. */
export const serveCommand = defineCommand({
  name: 'serve',
  summary: 'Starts the ML backend that Label Studio talks to.',
  options,
  examples: [
    'clickmask-label-studio --label-studio-url http://localhost:8080 --token …',
    'LABEL_STUDIO_URL=http://label-studio:8080 LABEL_STUDIO_API_KEY=… clickmask-label-studio --host 0.0.0.0',
    "clickmask-label-studio --output polygon --detail 0.9 --allow-host '*.example.com'",
  ],
  async run({ values }, terminal) {
    const server = await serve(values, terminal);
    await terminal.stopped();
    await server.stop();
    return 0;
  },
});

type ServeValues = Values<typeof options>;

/**
 * Loads the model and listens. Resolves to a function that finishes running requests, refuses new ones, and frees
 * everything.
 */
async function serve(values: ServeValues, { env, out }: Terminal): Promise<{ stop(): Promise<void> }> {
  const logger = createJsonLogger(createLogWriter(out));
  const backendOptions = backendOptionsOf(values, env, logger);
  const segmenter = createSwitchingSegmenter(await openSegmenter(values, env));
  const backend = createLabelStudioBackend({ segmenter, ...backendOptions });
  const isFixed = values.model !== undefined || values.remote !== undefined || values.engine !== undefined;
  const open = (model: string) => openSegmenter({ ...values, model }, env);
  const unfollow = isFixed
    ? () => {}
    : followModelInUse(segmenter, { modelsFolder: defaultModelsFolder(), open, logger });
  const free = async () => {
    unfollow();
    await backend.close();
    await segmenter.close();
  };
  // Connections whose headers do not come are looked for every two seconds.
  const server = createServer({ connectionsCheckingInterval: 2000 }, backend.app);
  let url: string;
  try {
    url = await listen(server, values.port, values.host);
  } catch (error) {
    await free();
    throw error;
  }
  warn(logger, values.host, backendOptions.auth.basic !== undefined, values['label-studio-url']);
  const { engine, remote } = values;
  const elsewhere = engine ?? remote;
  const { model, provider } = segmenter.info;
  const at = elsewhere === undefined ? {} : { [engine === undefined ? 'remote' : 'engine']: withoutSecrets(elsewhere) };
  logger.info({ url, model, provider, ...at }, 'listening');
  return {
    async stop() {
      logger.info({}, 'stopping');
      await closeServer(server);
      const ended = await within(freeMs, free());
      logger.info({}, ended ? 'stopped' : 'stopped, although something was still running');
    },
  };
}

/** @throws UsageError for options that contradict each other */
function backendOptionsOf(values: ServeValues, env: NodeJS.ProcessEnv, logger: Logger) {
  const { user, password } = values;
  if ((user === undefined) !== (password === undefined)) {
    throw new UsageError('Expected --user and --password together, or neither.');
  }
  const basic = user === undefined || password === undefined ? undefined : { user, password };
  const bodyBytes = values['max-body-mb'] * 1e6;
  const folder = values['cache-dir'] ?? join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'clickmask/label-studio');
  const trainCommand = values['train-command'];
  return {
    labelStudio: {
      url: values['label-studio-url'],
      token: values.token,
      aliases: values.alias,
      hosts: values['allow-host'],
      privateHosts: values['allow-private-host'],
      localFilesRoot: values['local-files'],
    },
    output: { kind: values.output, polygonDetail: values.detail, polygonHoles: values.holes },
    auth: { basic, webhookSecret: values['webhook-secret'], hosts: values['server-name'] },
    limits: {
      bodyBytes,
      bodyBytesInFlight: Math.max(values['max-bodies-mb'] * 1e6, bodyBytes),
      bodyBytesPerSecond: values['min-body-rate'],
      bodiesPerAddress: values['max-bodies'],
      openPictureBytes: values['open-pictures-mb'] * 1e6,
      predictMs: values['answer-timeout'] * 1000,
      pictureBytes: values['max-picture-mb'] * 1e6,
      pixels: values['max-pixels'],
      pictureMs: values['picture-timeout'] * 1000,
      objects: values['max-objects'],
      clicks: values['max-clicks'],
      queuedPerTask: values['max-queued'],
    },
    logger,
    diskCache:
      folder === 'off'
        ? undefined
        : { folder, maxBytes: values['cache-mb'] * 1e6, maxAgeMs: values['cache-hours'] * 3_600_000 },
    combineMs: values['combine-minutes'] * 60_000,
    lookAhead: values['look-ahead'],
    negativeLabels: values['negative-label'],
    onTrain:
      trainCommand === undefined
        ? undefined
        : runTrainCommand(trainCommand, logger, { maxBytes: values['max-train-mb'] * 1e6 }),
    batchPoints: values['batch-points'],
    emptyPredictions: values['empty-predictions'],
  };
}

function openSegmenter(values: ServeValues, env: NodeJS.ProcessEnv): Promise<Segmenter> {
  const { remote, model, provider, workers, threads, spin } = values;
  const queueCapacity = 256;
  if (remote !== undefined) {
    return createRemoteSegmenter({ url: remote, token: env.CLICKMASK_REMOTE_TOKEN, queueCapacity });
  }
  return createSegmenter({
    // An engine holds the model that was deployed on it.
    model: model ?? (values.engine === undefined ? modelInUse(defaultModelsFolder()) : undefined),
    provider,
    engine: engineOf(values, env),
    workers: workers ?? 'auto',
    threads,
    spin,
    reading: readingFromOptions(values.range, values.bands),
    queueCapacity,
    limits: { maxPixels: values['max-pixels'], maxClicks: values['max-clicks'] },
  });
}

/** Maximum time of a stop: {@link answersMs} for running answers, {@link freeMs} for files and threads. */
const answersMs = 10_000;
const freeMs = 5000;

/** Running answers may finish. A half-received request must not keep the program alive. */
async function closeServer(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  await within(answersMs, closed);
  server.closeAllConnections();
}

/** Whether something ends in time. After that, nobody waits for it. */
function within(ms: number, work: Promise<unknown>): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms, false);
    work.then(
      () => {
        clearTimeout(timer);
        resolve(true);
      },
      () => resolve(true),
    );
  });
}

function listen(server: Server, port: number, host: string): Promise<string> {
  // A slow sender cannot hold a connection for ever.
  server.headersTimeout = 10_000;
  server.requestTimeout = 120_000;
  server.keepAliveTimeout = 65_000;
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      const address = server.address();
      const actual = typeof address === 'object' && address !== null ? address.port : port;
      resolve(`http://${host.includes(':') ? `[${host}]` : host}:${actual}`);
    });
  });
}

function warn(logger: Logger, host: string, hasPassword: boolean, url: string | undefined): void {
  for (const warning of machineWarnings()) logger.warn({}, warning);
  const isOpen = host !== '127.0.0.1' && host !== 'localhost' && host !== '::1';
  if (isOpen && !hasPassword) {
    logger.warn({ host }, 'everyone who reaches this port can use the backend; set --user and --password');
  }
  if (url === undefined) {
    logger.warn({}, 'LABEL_STUDIO_URL is not set: images that were uploaded to Label Studio cannot be fetched');
  }
}
