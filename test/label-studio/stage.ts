import { mkdirSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import type { Segmenter } from '@clickmask/core';
import { createSegmenter } from '@clickmask/core/node';
import {
  createLabelStudioBackend,
  createLabelStudioClient,
  type LabelStudioBackend,
  type LabelStudioBackendOptions,
} from '@clickmask/label-studio-backend';
import { type Browser, chromium } from 'playwright';
import { findChromium } from '../../scripts/find-browsers.mjs';
import { installLabelStudio, type LabelStudioServer, startLabelStudio, Unavailable } from './label-studio-server.js';

export const root = fileURLToPath(new URL('../..', import.meta.url));
/** Where screenshots and tables of the tests go. */
export const artifacts = `${root}test-results/label-studio`;

/** A real Label Studio, our backend beside it, and a browser where there is one. */
export interface Stage {
  readonly labelStudio: LabelStudioServer;
  readonly segmenter: Segmenter;
  readonly backend: LabelStudioBackend;
  readonly backendUrl: string;
  readonly browser: Browser | undefined;
  /** Makes a project with the labeling config, and registers the backend with it unless told not to. */
  makeProject(config: string, connect?: boolean): Promise<{ readonly project: number; readonly backendId: number }>;
  close(): Promise<void>;
}

/**
 * Installs take at most 8 minutes and the start 5, within what a run of all tests may take on a small machine.
 *
 * @throws Unavailable
 */
export async function startStage(
  options: Omit<LabelStudioBackendOptions, 'segmenter' | 'labelStudio'> = {},
  needsBrowser = true,
): Promise<Stage> {
  const executablePath = findChromium();
  if (executablePath === null && needsBrowser) throw new Unavailable('there is no Chromium');
  const labelStudio = await startLabelStudio(await installLabelStudio(8 * 60_000), 5 * 60_000);
  const browser =
    executablePath === null ? undefined : await chromium.launch({ executablePath, args: ['--no-sandbox'] });
  mkdirSync(artifacts, { recursive: true });
  const segmenter = await createSegmenter();
  const { url, token } = labelStudio;
  const backend = createLabelStudioBackend({ ...options, segmenter, labelStudio: { url, token } });
  const server = createServer(backend.app);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const backendUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const client = createLabelStudioClient({ url, token });
  const { basic } = options.auth ?? {};
  return {
    ...{ labelStudio, segmenter, backend, backendUrl, browser },
    async makeProject(config, connect = true) {
      const { id: project } = await client.createProject({ title: 'Clickmask test', label_config: config });
      if (!connect) return { project, backendId: 0 };
      const { id: backendId } = await client.addMlBackend({
        ...{ url: backendUrl, project, title: 'Clickmask', is_interactive: true },
        ...(basic === undefined
          ? { auth_method: 'NONE' }
          : { auth_method: 'BASIC_AUTH', basic_auth_user: basic.user, basic_auth_pass: basic.password }),
      });
      return { project, backendId };
    },
    async close() {
      await browser?.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await backend.close();
      await segmenter.close();
      await labelStudio.stop();
    },
  };
}

/** The stage, or why there is none; the reason is printed too. */
export async function stageOrReason(start: () => Promise<Stage>): Promise<Stage | string> {
  try {
    return await start();
  } catch (error) {
    if (!(error instanceof Unavailable)) throw error;
    const reason = `Left out: tests on a real Label Studio, since ${error.message}`;
    console.warn(reason);
    return reason;
  }
}
