import express, { type Express, type NextFunction, type Request, type Response, Router } from 'express';
import {
  createLabelStudioClient,
  createLabelStudioTokens,
  parseLabelStudioUrl,
  type TokenSource,
} from '../client/index.js';
import {
  adviceFor,
  createJournal,
  type DiagnosticsReport,
  diagnosticsPage,
  type JournalFields,
  silentLogger,
} from '../diagnostics/index.js';
import { type LabelingConfig, parseLabelingConfig } from '../labeling-config/index.js';
import { createMetrics } from '../metrics/index.js';
import {
  createDiskCache,
  createGuardedFetch,
  createHostPolicy,
  createPictureLoader,
  createPictureStore,
} from '../pictures/index.js';
import { Problem, problemBody, type ReasonCode, reasons, toProblem } from '../problems/index.js';
import { createPromptMemory, isRecord } from '../prompts/index.js';
import { createDeadline, createLookAhead, createTaskQueue, type Deadline } from '../work/index.js';
import { createGates } from './auth.js';
import { limitBodies } from './limit-bodies.js';
import { onlyJson } from './only-json.js';
import { defaultLimits, type LabelStudioBackendOptions } from './options.js';
import { createPlanner } from './plan-next.js';
import { createPredictor } from './predict.js';
import { parseBody, predictSchema, projectId, setupSchema, webhookSchema } from './schemas.js';
import { createSetupStore } from './setup-store.js';

/** A Label Studio ML backend. */
export interface LabelStudioBackend {
  /** All routes, to be mounted in an express app of your own, under a path if you like. */
  readonly router: Router;
  /** An express app with nothing but the router. */
  readonly app: Express;
  /** Sent to Label Studio, which shows it and stores it with predictions. */
  readonly modelVersion: string;
  /** What `/diagnostics` shows. */
  diagnostics(): DiagnosticsReport;
  /** Stops looking ahead, closes connections and pictures. Not the segmenter, which is the caller's. */
  close(): Promise<void>;
}

/** What a handler leaves for the journal. */
interface Handled {
  fields: JournalFields;
  readonly started: number;
  readonly requestBytes: number;
}

/**
 * Makes a Label Studio ML backend around a loaded model.
 *
 * @throws ClickmaskError `bad-option` for an address of Label Studio that is none
 *
 * @example
 * ```ts
 * import { createSegmenter } from '@clickmask/core/node';
 * import { createLabelStudioBackend } from '@clickmask/label-studio-backend';
 *
 * const segmenter = await createSegmenter();
 * const backend = createLabelStudioBackend({
 *   segmenter,
 *   labelStudio: { url: 'http://localhost:8080', token: process.env.LABEL_STUDIO_API_KEY },
 *   output: { kind: 'polygon' },
 * });
 * const server = backend.app.listen(0, '127.0.0.1');
 * console.log(backend.modelVersion.startsWith('clickmask-small')); // true
 * server.close();
 * await backend.close();
 * await segmenter.close();
 * ```
 */
export function createLabelStudioBackend(options: LabelStudioBackendOptions): LabelStudioBackend {
  const { segmenter, logger = silentLogger, labelStudio = {}, lookAhead: ahead = 2 } = options;
  const limits = { ...defaultLimits, ...options.limits };
  const modelVersion = segmenter.info.model.replace(/\s+/g, '-');
  const url = labelStudio.url === undefined ? undefined : parseLabelStudioUrl(labelStudio.url);
  const makeTokens = (token: string | undefined) =>
    url === undefined ? noTokens : createLabelStudioTokens(url, token, limits.pictureMs);
  const setups = createSetupStore({ makeTokens });
  const given = labelStudio.token === undefined || labelStudio.token === '' ? undefined : labelStudio.token;
  // Without a token of the options, what Label Studio sends at setup serves the project it was sent for.
  const tokens = given === undefined ? undefined : makeTokens(given);
  const tokensOf = (project: string) => tokens ?? setups.tokens(project) ?? noTokens;
  const tokenKind = () => (tokens ?? setups).kind;
  const policy = createHostPolicy({
    labelStudio: url,
    hosts: labelStudio.hosts ?? [],
    privateHosts: labelStudio.privateHosts ?? [],
  });
  const fetch = createGuardedFetch({
    policy,
    labelStudio: url,
    tokensOf,
    maxBytes: limits.pictureBytes,
    timeoutMs: limits.pictureMs,
  });
  const loader = createPictureLoader({
    fetch,
    labelStudio: url,
    aliases: labelStudio.aliases ?? [],
    localFilesRoot: labelStudio.localFilesRoot,
    disk: options.diskCache === undefined ? undefined : createDiskCache(options.diskCache),
    maxBytes: limits.pictureBytes,
  });
  const pictures = createPictureStore({
    segmenter,
    loader,
    maxBytes: limits.openPictureBytes,
    maxAgeMs: limits.openPictureMs,
    maxPixels: limits.pixels,
  });
  const memory = createPromptMemory({ ttlMs: options.combineMs });
  const queue = createTaskQueue(
    limits.queuedPerTask,
    () => new Problem('busy', `Expected at most ${limits.queuedPerTask} requests to wait for one task.`),
  );
  const lookAhead = createLookAhead();
  const journal = createJournal();
  let featureBytes = 0;
  const metrics = createMetrics(
    {
      queued: () => queue.queued,
      active: () => queue.active,
      pictures: () => pictures.count,
      pictureBytes: () => pictures.bytes,
      featureBytes: () => featureBytes,
    },
    modelVersion,
  );
  const configs = createConfigCache();
  const configOf = (project: string, xml: string | null | undefined): LabelingConfig => {
    const text = xml === null || xml === undefined || xml === '' ? setups.schema(project) : xml;
    if (text === undefined)
      throw new Problem('bad-labeling-config', 'Expected a labeling config with the request but there is none.');
    return configs(text);
  };
  const planner = createPlanner({
    client:
      url === undefined || ahead === 0
        ? undefined
        : (project) => createLabelStudioClient({ url: url.href, token: given ?? setups.tokens(project)?.token }),
    lookAhead,
    count: ahead,
    prepare: (data, owner, config) => predictor.prepare(data, owner, config, false),
  });
  const predictor = createPredictor({
    segmenter,
    options,
    limits,
    modelVersion,
    pictures,
    memory,
    queue,
    lookAhead,
    metrics,
    configOf,
    planNext: planner.plan,
  });
  const gates = createGates(options.auth);
  const handled = new WeakMap<Request, Handled>();
  const noted = (request: Request, fields: JournalFields) => {
    const known = handled.get(request);
    if (known !== undefined) known.fields = { ...known.fields, ...fields };
  };

  const health = (_request: Request, response: Response) => {
    response.json({
      status: 'UP',
      model_class: 'Clickmask',
      model: segmenter.info.model,
      model_version: modelVersion,
      provider: segmenter.info.provider,
      workers: segmenter.info.workers,
      queued: queue.queued,
      active: queue.active,
      label_studio: url === undefined ? 'not configured' : 'configured',
      token: tokenKind(),
    });
  };

  const setup = (request: Request, response: Response) => {
    const body = parseBody(setupSchema, request.body);
    const project = projectId(body.project);
    const schema = body.schema ?? undefined;
    setups.remember(project, schema, body.access_token ?? undefined);
    const remarks = schema === undefined ? [] : checkConfig(schema, configs, options.output?.kind ?? 'auto');
    noted(request, { kind: 'setup', project, remarks });
    response.json({ model_version: modelVersion });
  };

  const predict = async (request: Request, response: Response) => {
    const body = parseBody(predictSchema, request.body);
    noted(request, {
      kind: body.params?.context ? 'click' : 'batch',
      project: projectId(body.project),
      task: body.tasks.length === 1 ? (body.tasks[0].id ?? undefined) : undefined,
    });
    const deadline = startDeadline(request, response);
    const note = (known: JournalFields) => noted(request, known);
    const { results, journal: fields } = await predictor.predict(body, note, deadline.signal);
    noted(request, fields);
    response.json({ results });
    void segmenter.stats().then(
      (stats) => {
        featureBytes = stats.featureBytes;
      },
      () => {},
    );
  };

  /** Runs from the arrival of the request, and ends when the client does not wait for the answer. */
  function startDeadline(request: Request, response: Response): Deadline {
    const spent = performance.now() - (handled.get(request)?.started ?? performance.now());
    const late = new Problem('too-slow', `Expected the answer to be ready within ${limits.predictMs} ms.`);
    const deadline = createDeadline(limits.predictMs - spent, late);
    response.once('close', () => {
      const gone = new Problem('client-gone', 'Expected the client to wait for the answer but it has hung up.');
      deadline.stop(response.writableFinished ? undefined : gone);
    });
    return deadline;
  }

  const webhook = (kind: 'webhook' | 'train') => (request: Request, response: Response) => {
    const raw: unknown = request.body;
    const body = parseBody(
      webhookSchema,
      kind === 'train' && isRecord(raw) ? { ...raw, action: 'START_TRAINING' } : raw,
    );
    const project = projectId(typeof body.project === 'string' ? body.project : body.project?.id);
    const task = (typeof body.task === 'string' ? body.task : body.task?.id) ?? undefined;
    noted(request, {
      kind: body.action === 'START_TRAINING' ? 'train' : 'webhook',
      project,
      task,
      remarks: [body.action],
    });
    // A stored annotation ends the work on its task: what comes next are new objects.
    if (task !== undefined && body.action.startsWith('ANNOTATION')) memory.forget(project, task);
    response.status(201).json({
      status: 'ok',
      result: { model_version: modelVersion, message: 'The model is not trained by annotations; it works as it is.' },
    });
    const { onEvent } = options;
    if (onEvent === undefined) return;
    setImmediate(() => {
      Promise.resolve()
        .then(() => onEvent({ action: body.action, project, task, body }))
        .catch((error: unknown) => logger.error({ action: body.action, error: String(error) }, 'onEvent failed'));
    });
  };

  const report = (): DiagnosticsReport => ({
    model: segmenter.info.model,
    version: modelVersion,
    provider: segmenter.info.provider,
    output: options.output?.kind ?? 'auto',
    labelStudio: url?.href ?? 'not configured',
    token: tokenKind(),
    pictures: pictures.count,
    requests: journal.entries(),
  });

  const router = Router();
  router.use((request, response, next) => {
    const started = performance.now();
    handled.set(request, { fields: {}, started, requestBytes: Number(request.headers['content-length'] ?? 0) });
    response.once('close', () => finish(request, response, performance.now() - started));
    response.setHeader('X-Content-Type-Options', 'nosniff');
    response.setHeader('Cache-Control', 'no-store');
    next();
  });
  const body = [
    limitBodies(limits.bodyBytes, limits.bodyBytesInFlight),
    express.json({ limit: limits.bodyBytes, type: () => true }),
  ];
  // Before the gate of the rest, since they have their own.
  router.post('/webhook', gates.events, body, webhook('webhook'));
  router.post('/train', gates.events, body, webhook('train'));
  router.use(gates.rest);
  router.get(['/', '/health'], health);
  router.get('/versions', (_request, response) => {
    response.json({ versions: [modelVersion] });
  });
  router.get('/metrics', async (_request, response) => {
    response.type(metrics.contentType).send(await metrics.text());
  });
  router.get('/diagnostics', (request, response) => {
    const asJson = request.query.format === 'json' || request.accepts(['html', 'json']) === 'json';
    if (asJson) return void response.json(report());
    response.setHeader('Content-Security-Policy', "default-src 'none'; style-src 'unsafe-inline'");
    response.type('html').send(diagnosticsPage(report()));
  });
  router.post('/setup', onlyJson, body, setup);
  router.post('/predict', body, predict);
  router.use((request: Request) => {
    throw new Problem(
      'not-found',
      `Expected one of the routes of a backend but received ${request.method} ${request.path.slice(0, 100)}.`,
    );
  });
  router.use((error: unknown, request: Request, response: Response, next: NextFunction) => {
    const problem = fromHttp(error);
    noted(request, { reason: problem.reason, message: problem.message });
    if (problem.reason === 'internal') {
      const cause = problem.cause instanceof Error ? problem.cause.stack : String(problem.cause);
      logger.error({ route: request.path, error: cause }, 'a request failed inside the backend');
    }
    if (response.headersSent) return next(error);
    const { status } = reasons[problem.reason];
    if (status === 401) response.setHeader('WWW-Authenticate', 'Basic realm="Clickmask", charset="UTF-8"');
    if (status === 503) response.setHeader('Retry-After', '1');
    // What is left of a body that was refused is not worth waiting for.
    if (status === 413) response.setHeader('Connection', 'close');
    // Label Studio passes on nothing of a failed answer but its status line.
    response.statusMessage = statusLine(problem);
    response.status(status).json(problemBody(problem));
  });

  function finish(request: Request, response: Response, ms: number): void {
    const { fields, requestBytes } = handled.get(request) ?? { fields: {}, requestBytes: 0 };
    const route = routeName(request.path);
    const said: ReasonCode = fields.reason ?? 'ok';
    const isGone = !response.writableFinished && reasons[said].status === 200;
    const reason: ReasonCode = isGone ? 'client-gone' : said;
    const responseBytes = Number(response.getHeader('content-length') ?? 0);
    metrics.request(route, reason, ms / 1000, responseBytes);
    const isNews = route === '/predict' || route === '/setup' || route === '/webhook' || route === '/train';
    if (!isNews && reason === 'ok') return;
    const entry = {
      at: new Date().toISOString(),
      route,
      status: isGone ? reasons['client-gone'].status : response.statusCode,
      ...fields,
      reason,
      advice: adviceFor(reason),
      requestBytes,
      responseBytes,
      ms: Math.round(ms * 10) / 10,
    };
    if (isNews || reason === 'unauthorized') journal.add(entry);
    const { at, advice, ...line } = entry;
    const level = entry.status >= 500 ? 'error' : entry.status >= 400 ? 'warn' : 'info';
    logger[level](advice === undefined ? line : { ...line, advice }, `${route} ${reason}`);
  }

  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.use(router);

  return {
    router,
    app,
    modelVersion,
    diagnostics: report,
    async close() {
      lookAhead.close();
      planner.close();
      await Promise.all([pictures.close(), fetch.close()]);
    },
  };
}

const noTokens: TokenSource = { kind: 'none', authorization: async () => undefined, refused: () => false };

/** Labeling configs are sent with every click; the last ones are kept parsed. */
function createConfigCache(): (xml: string) => LabelingConfig {
  const known = new Map<string, LabelingConfig>();
  return (xml) => {
    const found = known.get(xml);
    if (found !== undefined) return found;
    const config = parseLabelingConfig(xml);
    known.set(xml, config);
    for (const oldest of known.keys()) {
      if (known.size <= 50) break;
      known.delete(oldest);
    }
    return config;
  };
}

/** What is wrong with a labeling config, said when it is set up rather than at the first click. */
function checkConfig(xml: string, parse: (xml: string) => LabelingConfig, kind: string): string[] {
  let config: LabelingConfig;
  try {
    config = parse(xml);
  } catch (error) {
    return [toProblem(error).message];
  }
  const remarks: string[] = [];
  if (config.images.length === 0) remarks.push('the labeling config has no Image tag');
  const outputs = config.controls.filter((one) => one.kind !== 'keypoint' && (kind === 'auto' || one.kind === kind));
  if (outputs.filter((one) => !(one.kind === 'rectangle' && one.smartOnly)).length === 0) {
    remarks.push(reasons['no-output-tag'].advice);
  }
  if (!config.controls.some((one) => one.smart && (one.kind === 'keypoint' || one.kind === 'rectangle'))) {
    remarks.push('the labeling config has no keypoint or rectangle tag to click with');
  }
  return remarks;
}

/** The problem as the reason phrase of a status line: printable ASCII of moderate length. */
function statusLine({ reason, message }: Problem): string {
  return `${reason}: ${message}`.replace(/[^\x20-\x7e]+/g, '?').slice(0, 300);
}

/** Errors of express and its body parser, as problems. */
function fromHttp(error: unknown): Problem {
  if (!(error instanceof Problem) && isHttpError(error)) {
    if (error.type === 'entity.too.large')
      return new Problem('body-too-large', `Expected a smaller body (${error.message}).`);
    if (error.status < 500)
      return new Problem('bad-request', `Expected a request with a JSON body: ${error.message.slice(0, 200)}`);
  }
  return toProblem(error);
}

function isHttpError(error: unknown): error is Error & { readonly status: number; readonly type?: string } {
  return error instanceof Error && 'status' in error && typeof error.status === 'number';
}

const routes = new Set([
  '/',
  '/health',
  '/setup',
  '/predict',
  '/webhook',
  '/train',
  '/versions',
  '/metrics',
  '/diagnostics',
]);

/** For metrics: a label must not take values from outside. */
function routeName(path: string): string {
  // As the router matches.
  const name = path.toLowerCase().replace(/(.)\/$/, '$1');
  return routes.has(name) ? name : 'other';
}
