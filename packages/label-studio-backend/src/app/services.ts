import {
  createLabelStudioClient,
  createLabelStudioTokens,
  parseLabelStudioUrl,
  type TokenSource,
} from '../client/index.js';
import { createJournal, type Journal, type Logger, silentLogger } from '../diagnostics/index.js';
import { createMetrics } from '../metrics/index.js';
import { type BackendLimits, defaultLimits, type LabelStudioBackendOptions } from '../options/index.js';
import {
  createDiskCache,
  createGuardedFetch,
  createHostPolicy,
  createPictureLoader,
  createPictureStore,
  type GuardedFetch,
} from '../pictures/index.js';
import { createPlanner, type PredictServices, preparePictures } from '../predict/index.js';
import { Problem } from '../problems/index.js';
import { createPromptMemory } from '../prompts/index.js';
import { createTrainer, type Trainer } from '../training/index.js';
import { createLookAhead, createTaskQueue } from '../work/index.js';
import { createConfigReader } from './config-reader.js';
import { createSetupStore, type SetupStore } from './setup-store.js';

/** Everything that one backend's routes use. */
export interface Services extends PredictServices {
  readonly setups: SetupStore;
  readonly journal: Journal;
  readonly logger: Logger;
  readonly trainer: Trainer;
  /** The configured address of Label Studio, if any. */
  readonly url: URL | undefined;
  tokenKind(): TokenSource['kind'];
  /** What Label Studio last said about the token. Asks again if that was a while ago. */
  tokenState(): TokenSource['state'];
  /** Asks the segmenter how much memory it uses, for the metrics. Nobody waits for it. */
  countFeatures(): void;
  /** Stops training and preparing, and closes connections and images. */
  close(): Promise<void>;
}

/** @throws ClickmaskError `bad-option` if the address of Label Studio is wrong */
export function createServices(options: LabelStudioBackendOptions): Services {
  const { segmenter, logger = silentLogger } = options;
  const limits = { ...defaultLimits, ...options.limits };
  const modelVersion = () => segmenter.info.model.replace(/\s+/g, '-');
  const access = createAccess(options, limits);
  const { setups } = access;
  const fetch = createFetch(options, limits, access);
  const loader = createLoader(options, limits, access, fetch);
  const pictures = createPictureStore({
    segmenter,
    loader,
    maxBytes: limits.openPictureBytes,
    maxAgeMs: limits.openPictureMs,
    maxPixels: limits.pixels,
  });
  const lookAhead = createLookAhead();
  const queue = createTaskQueue(
    limits.queuedPerTask,
    () => new Problem('busy', `Expected at most ${limits.queuedPerTask} requests to wait for one task.`),
  );
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
  const configOf = createConfigReader((project) => setups.schema(project));
  const trainer = createTrainer(options.onTrain, { exportOf: exporter(options, access), loader }, logger);
  const planner = createPlanner({
    client: plannerClient(options, access),
    lookAhead,
    count: options.lookAhead ?? defaultLookAhead,
    prepare: (data, owner, xml, distance) =>
      preparePictures({ pictures, lookAhead }, data, owner, configOf(owner.project, xml, data), distance),
  });
  return {
    segmenter,
    options,
    limits,
    get modelVersion() {
      return modelVersion();
    },
    pictures,
    memory: createPromptMemory({ ttlMs: options.combineMs, maxBytes: limits.promptBytes }),
    queue,
    lookAhead,
    metrics,
    configOf,
    planNext: planner.plan,
    setups,
    journal: createJournal(),
    logger,
    trainer,
    url: access.url,
    tokenKind: () => (access.tokens ?? setups).kind,
    tokenState: tokenWatcher(options, access),
    countFeatures() {
      void segmenter.stats().then(
        (stats) => {
          featureBytes = stats.featureBytes;
        },
        () => {},
      );
    },
    async close() {
      lookAhead.close();
      planner.close();
      const trained = trainer.close();
      fetch.close();
      await pictures.close();
      await trained;
    },
  };
}

const defaultLookAhead = 2;

/** Label Studio's address and the token to use there. */
interface Access {
  readonly url: URL | undefined;
  readonly setups: SetupStore;
  /** From the options. Otherwise, the token that Label Studio sent at a project's setup serves that project. */
  readonly tokens: TokenSource | undefined;
}

function createAccess({ labelStudio = {} }: LabelStudioBackendOptions, limits: BackendLimits): Access {
  const url = labelStudio.url === undefined ? undefined : parseLabelStudioUrl(labelStudio.url);
  const makeTokens = (token: string) =>
    url === undefined ? noTokens : createLabelStudioTokens(url, token, limits.pictureMs);
  const { token = '' } = labelStudio;
  return { url, setups: createSetupStore({ makeTokens }), tokens: token === '' ? undefined : makeTokens(token) };
}

const noTokens: TokenSource = {
  kind: 'none',
  authorization: async () => undefined,
  refused: () => false,
  state: 'none',
};

function createFetch({ labelStudio = {} }: LabelStudioBackendOptions, limits: BackendLimits, access: Access) {
  const { url, tokens, setups } = access;
  const policy = createHostPolicy({
    labelStudio: url,
    hosts: labelStudio.hosts ?? [],
    privateHosts: labelStudio.privateHosts ?? [],
  });
  return createGuardedFetch({
    policy,
    labelStudio: url,
    tokensOf: (project) => tokens ?? setups.tokens(project) ?? noTokens,
    maxBytes: limits.pictureBytes,
    timeoutMs: limits.pictureMs,
  });
}

function createLoader(
  { labelStudio = {}, diskCache }: LabelStudioBackendOptions,
  limits: BackendLimits,
  { url }: Access,
  fetch: GuardedFetch,
) {
  return createPictureLoader({
    fetch,
    labelStudio: url,
    aliases: labelStudio.aliases ?? [],
    localFilesRoot: labelStudio.localFilesRoot,
    disk: diskCache === undefined ? undefined : createDiskCache(diskCache),
    maxBytes: limits.pictureBytes,
  });
}

const tokenCheckMs = 60_000;

/** Label Studio is asked in the background, because `/health` has only one second to answer. */
function tokenWatcher({ labelStudio }: LabelStudioBackendOptions, { url, tokens, setups }: Access) {
  const client =
    url === undefined || tokens === undefined
      ? undefined
      : createLabelStudioClient({ url: url.href, token: labelStudio?.token });
  let asked = Number.NEGATIVE_INFINITY;
  return (): TokenSource['state'] => {
    if (client === undefined) return (tokens ?? setups).state;
    if (performance.now() - asked > tokenCheckMs) {
      asked = performance.now();
      client.whoami().then(
        () => {
          client.tokens.accepted?.('');
          tokens?.accepted?.('');
        },
        // The token source sees itself what a refusal means.
        () => {},
      );
    }
    // A click may have found out since.
    return tokens?.state === 'refused' ? 'refused' : client.tokens.state;
  };
}

/** A client whose token serves the project. */
function clientOf({ labelStudio }: LabelStudioBackendOptions, url: URL, { setups }: Access, project: string) {
  return createLabelStudioClient({ url: url.href, token: labelStudio?.token || setups.tokens(project)?.token });
}

function exporter(options: LabelStudioBackendOptions, access: Access) {
  return async (project: string, signal: AbortSignal): Promise<Uint8Array> => {
    if (access.url === undefined) {
      throw new Problem(
        'label-studio-unknown',
        'Expected the address of Label Studio, to export a project, but none is set.',
      );
    }
    return clientOf(options, access.url, access, project).exportProject(Number(project), 'JSON', signal);
  };
}

/** A client for each project; undefined if no images are prepared. */
function plannerClient(options: LabelStudioBackendOptions, access: Access) {
  const { url } = access;
  if (url === undefined || options.lookAhead === 0) return undefined;
  return (project: string) => clientOf(options, url, access, project);
}
