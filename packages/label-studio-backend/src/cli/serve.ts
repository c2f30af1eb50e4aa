import { createServer, type Server } from 'node:http';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { createRemoteSegmenter } from '@clickmask/core';
import { machineWarnings, readingFromOptions } from '@clickmask/core/adapters';
import { createSegmenter } from '@clickmask/core/node';
import { createLabelStudioBackend } from '../app/index.js';
import { createJsonLogger, createLogWriter, type Logger } from '../diagnostics/index.js';
import { outputKinds } from '../labeling-config/index.js';
import { defaultLimits } from '../options/index.js';
import { runTrainCommand } from '../training/index.js';
import { type Command, oneOf, UsageError, type Values } from './arguments.js';
import { authFlags, engineFlags, engineOf } from './shared-flags.js';

export const serveCommand: Command = {
  name: 'serve',
  summary: 'Starts the ML backend that Label Studio talks to.',
  flags: {
    port: { type: 'number', value: 'N', help: 'Port to listen on.', env: ['PORT'], default: '9090' },
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
      help: 'Address of Label Studio as this machine reaches it, with its path prefix where it has one.',
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
      help: 'Host that pictures may be fetched from: images.example.com, *.example.com, or * for every public one.',
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
      help: "Folder of Label Studio's local storage, where this machine has it too.",
      env: ['LOCAL_FILES_DOCUMENT_ROOT', 'LABEL_STUDIO_LOCAL_FILES_DOCUMENT_ROOT'],
    },
    output: {
      type: 'text',
      value: 'KIND',
      help: `What a mask becomes: auto, ${outputKinds.join(', ')}. auto takes the best that the labeling config has.`,
      env: ['CLICKMASK_OUTPUT'],
      default: 'auto',
    },
    detail: {
      type: 'number',
      value: '0..1',
      help: 'How closely polygons follow the mask.',
      env: ['CLICKMASK_POLYGON_DETAIL'],
      default: '0.8',
    },
    holes: {
      type: 'text',
      value: 'fill|cut',
      help: 'Holes in polygons: filled, or cut out by a slit of no width.',
      env: ['CLICKMASK_POLYGON_HOLES'],
      default: 'fill',
    },
    model: {
      type: 'text',
      value: 'NAME|DIR',
      help: 'Model to use; default: the embedded one.',
      env: ['CLICKMASK_MODEL'],
    },
    provider: {
      type: 'text',
      value: 'NAME',
      help: 'Where the network runs: auto, cpu, webgpu, cuda.',
      env: ['CLICKMASK_PROVIDER'],
      default: 'auto',
    },
    remote: {
      type: 'text',
      value: 'URL',
      help: 'A whole segmenter of this project behind HTTP that does the work; its token: CLICKMASK_REMOTE_TOKEN.',
      env: ['CLICKMASK_REMOTE'],
    },
    ...engineFlags,
    workers: {
      type: 'number',
      value: 'N',
      help: 'Worker threads; default one for two cores, at most 4; or 4 with an engine.',
      env: ['CLICKMASK_WORKERS'],
    },
    threads: {
      type: 'number',
      value: 'N',
      help: 'Threads of each worker; default: cores that the process may use, divided by workers.',
      env: ['CLICKMASK_THREADS'],
    },
    spin: {
      type: 'switch',
      help: 'Let waiting threads spin: for a machine that does nothing else.',
      env: ['CLICKMASK_SPIN'],
    },
    ...authFlags,
    'cache-dir': {
      type: 'text',
      value: 'DIR',
      help: 'Where fetched pictures are kept; "off" for nowhere. Default: ~/.cache/clickmask/label-studio.',
      env: ['CLICKMASK_CACHE_DIR'],
    },
    'cache-mb': {
      type: 'number',
      value: 'N',
      help: 'Most megabytes kept there.',
      env: ['CLICKMASK_CACHE_MB'],
      default: '2000',
    },
    'cache-hours': {
      type: 'number',
      value: 'N',
      help: 'Hours after which a picture is fetched anew.',
      env: ['CLICKMASK_CACHE_HOURS'],
      default: '24',
    },
    'max-body-mb': {
      type: 'number',
      value: 'N',
      help: 'Largest request, in megabytes.',
      env: ['CLICKMASK_MAX_BODY_MB'],
      default: '50',
    },
    'max-picture-mb': {
      type: 'number',
      value: 'N',
      help: 'Largest picture, in megabytes.',
      env: ['CLICKMASK_MAX_PICTURE_MB'],
      default: '100',
    },
    'max-pixels': {
      type: 'number',
      value: 'N',
      help: 'Largest picture, in pixels.',
      env: ['CLICKMASK_MAX_PIXELS'],
      default: '64000000',
    },
    range: {
      type: 'text',
      value: 'LOW,HIGH|full',
      help: 'Of TIFFs of 12 or 16 bits, floats, signed: the values shown as black and white. Default: as a note in the answer says.',
      env: ['CLICKMASK_RANGE'],
    },
    bands: {
      type: 'text',
      value: 'N|R,G,B',
      help: 'Of pictures with many bands: which are shown, counted from 1. Default: the first three.',
      env: ['CLICKMASK_BANDS'],
    },
    'picture-timeout': {
      type: 'number',
      value: 'S',
      help: 'Seconds to fetch a picture.',
      env: ['CLICKMASK_PICTURE_TIMEOUT'],
      default: '30',
    },
    'combine-minutes': {
      type: 'number',
      value: 'N',
      help: 'How long clicks and boxes of one object are put together; 0 for never.',
      env: ['CLICKMASK_COMBINE_MINUTES'],
      default: '10',
    },
    'look-ahead': {
      type: 'number',
      value: 'N',
      help: 'How many of the next tasks are prepared while nobody clicks.',
      env: ['CLICKMASK_LOOK_AHEAD'],
      default: '2',
    },
    'batch-points': {
      type: 'text',
      value: 'object|each',
      help: 'Existing keypoints in batch prediction: one object a label, or one object each.',
      env: ['CLICKMASK_BATCH_POINTS'],
      default: 'object',
    },
    'negative-label': {
      type: 'list',
      value: 'FORM',
      help: "Labels whose clicks are negative ones of another label, * standing for that one: 'not *', '* (not)'.",
      env: ['CLICKMASK_NEGATIVE_LABELS'],
    },
    'max-objects': {
      type: 'number',
      value: 'N',
      help: 'Objects answered in one request.',
      env: ['CLICKMASK_MAX_OBJECTS'],
      default: '100',
    },
    'max-queued': {
      type: 'number',
      value: 'N',
      help: 'Requests that may wait for one task.',
      env: ['CLICKMASK_MAX_QUEUED'],
      default: '16',
    },
    'max-clicks': {
      type: 'number',
      value: 'N',
      help: 'Clicks of one object.',
      env: ['CLICKMASK_MAX_CLICKS'],
      default: '200',
    },
    'max-bodies-mb': {
      type: 'number',
      value: 'N',
      help: 'All requests under way together, in megabytes.',
      env: ['CLICKMASK_MAX_BODIES_MB'],
      default: '256',
    },
    'min-body-rate': {
      type: 'number',
      value: 'N',
      help: 'Bytes a second that a request must arrive at, after five seconds.',
      env: ['CLICKMASK_MIN_BODY_RATE'],
      default: '10000',
    },
    'max-bodies': {
      type: 'number',
      value: 'N',
      help: 'Requests that may arrive at the same time from one address.',
      env: ['CLICKMASK_MAX_BODIES'],
      default: '64',
    },
    'open-pictures-mb': {
      type: 'number',
      value: 'N',
      help: 'Open pictures in memory, as they came, in megabytes.',
      env: ['CLICKMASK_OPEN_PICTURES_MB'],
      default: '256',
    },
    'answer-timeout': {
      type: 'number',
      value: 'N',
      help: 'Seconds to answer, waiting and fetching pictures included.',
      env: ['CLICKMASK_ANSWER_TIMEOUT'],
      default: '90',
    },
    'server-name': {
      type: 'list',
      value: 'NAME',
      help: 'Name by which browsers reach /diagnostics, such as clicks.example.com; needed without a password only.',
      env: ['CLICKMASK_SERVER_NAMES'],
    },
    'train-command': {
      type: 'text',
      value: 'COMMAND',
      help:
        'Program that "Start training" starts, one run at a time; the project\'s export is in CLICKMASK_EXPORT, its number ' +
        'in CLICKMASK_PROJECT. Run by the shell. Default: none.',
      env: ['CLICKMASK_TRAIN_COMMAND'],
    },
    'empty-predictions': {
      type: 'text',
      value: 'skip|store',
      help: 'Whether tasks without any click get an empty prediction.',
      env: ['CLICKMASK_EMPTY_PREDICTIONS'],
      default: 'skip',
    },
  },
  examples: [
    'clickmask-label-studio --label-studio-url http://localhost:8080 --token …',
    'LABEL_STUDIO_URL=http://label-studio:8080 LABEL_STUDIO_API_KEY=… clickmask-label-studio --host 0.0.0.0',
    "clickmask-label-studio --output polygon --detail 0.9 --allow-host '*.example.com'",
  ],
};

/** A backend that runs until it is stopped. */
export interface RunningServer {
  readonly url: string;
  /** Lets requests under way end, refuses new ones, and frees everything. */
  stop(): Promise<void>;
}

/**
 * Loads the model and listens.
 *
 * @throws UsageError for options that make no sense; ClickmaskError where the model does not load
 */
export async function serve(values: Values, write: (line: string) => void): Promise<RunningServer> {
  const logger = createJsonLogger(createLogWriter(write));
  const user = values.text('user');
  const password = values.text('password');
  if ((user === undefined) !== (password === undefined)) {
    throw new UsageError('Expected --user and --password together, or neither.');
  }
  const megabytes = (name: string) => (values.number(name, 1) ?? 1) * 1e6;
  const cacheDir =
    values.text('cache-dir') ?? join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'clickmask/label-studio');
  const limits = {
    bodyBytes: megabytes('max-body-mb'),
    bodyBytesInFlight: Math.max(megabytes('max-bodies-mb'), megabytes('max-body-mb')),
    bodyBytesPerSecond: values.number('min-body-rate', 0) ?? defaultLimits.bodyBytesPerSecond,
    bodiesPerAddress: wholeNumber(values, 'max-bodies') ?? defaultLimits.bodiesPerAddress,
    openPictureBytes: megabytes('open-pictures-mb'),
    predictMs: (values.number('answer-timeout', 1, 600) ?? 90) * 1000,
    pictureBytes: megabytes('max-picture-mb'),
    pixels: values.number('max-pixels', 1) ?? defaultLimits.pixels,
    pictureMs: (values.number('picture-timeout', 1, 95) ?? 30) * 1000,
    objects: wholeNumber(values, 'max-objects') ?? defaultLimits.objects,
    clicks: wholeNumber(values, 'max-clicks', 1, 10_000) ?? defaultLimits.clicks,
    queuedPerTask: wholeNumber(values, 'max-queued') ?? defaultLimits.queuedPerTask,
  };
  const trainCommand = values.text('train-command');
  const options = {
    labelStudio: {
      url: values.text('label-studio-url'),
      token: values.text('token'),
      aliases: values.list('alias'),
      hosts: values.list('allow-host'),
      privateHosts: values.list('allow-private-host'),
      localFilesRoot: values.text('local-files'),
    },
    output: {
      kind: oneOf('output', values.text('output'), ['auto', ...outputKinds]),
      polygonDetail: values.number('detail', 0, 1),
      polygonHoles: oneOf('holes', values.text('holes'), ['fill', 'cut']),
    },
    auth: {
      basic: user === undefined || password === undefined ? undefined : { user, password },
      webhookSecret: values.text('webhook-secret'),
      hosts: values.list('server-name'),
    },
    limits,
    logger,
    diskCache:
      cacheDir === 'off'
        ? undefined
        : {
            folder: cacheDir,
            maxBytes: megabytes('cache-mb'),
            maxAgeMs: (values.number('cache-hours', 0.01) ?? 24) * 3_600_000,
          },
    combineMs: (values.number('combine-minutes') ?? 10) * 60_000,
    lookAhead: values.number('look-ahead', 0, 16),
    negativeLabels: values.list('negative-label'),
    onTrain: trainCommand === undefined ? undefined : runTrainCommand(trainCommand, logger),
    batchPoints: oneOf('batch-points', values.text('batch-points'), ['object', 'each']),
    emptyPredictions: oneOf('empty-predictions', values.text('empty-predictions'), ['skip', 'store']),
  };
  const port = wholeNumber(values, 'port', 0, 65535) ?? 9090;
  const host = values.text('host') ?? '127.0.0.1';
  const remote = values.text('remote');
  const segmenter =
    remote !== undefined
      ? await createRemoteSegmenter({
          url: remote,
          token: process.env.CLICKMASK_REMOTE_TOKEN,
          queueCapacity: 256,
        })
      : await createSegmenter({
          model: values.text('model'),
          provider: oneOf('provider', values.text('provider'), ['auto', 'cpu', 'webgpu', 'cuda']),
          engine: engineOf(values),
          workers: values.number('workers', 1, 256) ?? 'auto',
          threads: values.number('threads', 1, 1024),
          spin: values.on('spin'),
          queueCapacity: 256,
          limits: { maxPixels: limits.pixels, maxClicks: limits.clicks },
          reading: readingFromOptions(values.text('range'), values.text('bands')),
        });
  try {
    const backend = createLabelStudioBackend({ segmenter, ...options });
    const server = createServer(backend.app);
    const address = await listen(server, port, host);
    warn(logger, host, options.auth.basic !== undefined, options.labelStudio.url);
    logger.info({ url: address, model: segmenter.info.model, provider: segmenter.info.provider }, 'listening');
    return {
      url: address,
      async stop() {
        logger.info({}, 'stopping');
        const closed = new Promise<void>((resolve) => server.close(() => resolve()));
        server.closeIdleConnections();
        // Answers under way may end; a request that is half here may not keep the program.
        await within(answersMs, closed);
        server.closeAllConnections();
        const ended = await within(
          freeMs,
          backend.close().then(() => segmenter.close()),
        );
        logger.info({}, ended ? 'stopped' : 'stopped, though something still held on');
      },
    };
  } catch (error) {
    await segmenter.close();
    throw error;
  }
}

/** How long a stop takes at most: {@link answersMs} for answers, {@link freeMs} for files and threads. */
const answersMs = 10_000;
const freeMs = 5000;

/** Whether something ends in time; it is not waited for any longer. */
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

/** @throws UsageError */
function wholeNumber(values: Values, name: string, min = 1, max = 1e6): number | undefined {
  const value = values.number(name, min, max);
  if (value === undefined || Number.isInteger(value)) return value;
  throw new UsageError(`Expected a whole number for --${name} but received "${value}".`);
}

function listen(server: Server, port: number, host: string): Promise<string> {
  // Slow senders of headers or bodies do not hold a connection for ever.
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
    logger.warn({}, 'LABEL_STUDIO_URL is not set: pictures that were uploaded to Label Studio cannot be fetched');
  }
}
