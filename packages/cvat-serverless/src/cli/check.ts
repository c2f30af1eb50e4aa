import { defineCommand, type Terminal, UsageError } from '@clickmask/core/adapters';
import {
  type CheckReport,
  type CvatReport,
  checkBundle,
  checkCvat,
  checkFunction,
  runBundle,
} from '../bundle/index.js';
import { type CvatAuth, createCvatClient } from '../client/index.js';
import { authHelp, authOptions, readAuth } from './cvat-auth.js';
import { megabytes } from './megabytes.js';

export const check = defineCommand({
  name: 'check',
  summary: "Checks a function's folder, a running function, and whether both fit a CVAT.",
  about: 'DIR is a folder that init wrote. You may have changed it. Exit code: 0 if nothing is wrong, 1 otherwise.',
  args: { usage: '[DIR]', expected: 'at most one folder', min: 0, max: 1 },
  options: {
    run: {
      type: 'switch',
      help: "Also starts the folder's function on this machine, without nuclio, and clicks on a test image.",
    },
    url: {
      type: 'text',
      value: 'URL',
      help: 'Asks a running function, such as http://localhost:32001 (nuctl get function shows the port).',
    },
    'cvat-url': {
      type: 'text',
      value: 'URL',
      help: 'Compares the form of the replies with what this CVAT reads. With credentials, also compares the deployed function with the folder.',
    },
    ...authOptions,
    json: { type: 'switch', help: 'The report as JSON.' },
    verbose: { type: 'switch', help: 'Shows what the function logs.' },
  },
  notes: authHelp,
  examples: [
    'clickmask-cvat check clickmask-function --run',
    'clickmask-cvat check --url http://localhost:32001 --cvat-url http://localhost:8080',
  ],
  async run(
    { values: { run, url, 'cvat-url': cvatUrl, 'token-file': tokenFile, json, verbose }, args: [folder] },
    terminal,
  ) {
    if (folder === undefined && url === undefined && cvatUrl === undefined) {
      throw new UsageError('Name a folder, a running function with --url, or a CVAT with --cvat-url.');
    }
    if (run && folder === undefined) throw new UsageError('--run needs a folder.');
    const reports = folder === undefined ? [] : await checkFolder(folder, run, verbose, terminal);
    if (url !== undefined) reports.push(await checkFunction(url));
    const cvat =
      cvatUrl === undefined ? null : await compare(cvatUrl, reports, await readAuth(tokenFile, terminal.env));

    const findings = [...reports, ...(cvat === null ? [] : [cvat])].flatMap((report) => report.findings);
    const runs = reports.flatMap((report) => report.run ?? []);
    if (json) {
      const server = cvat === null ? {} : { version: cvat.version, release: cvat.release };
      terminal.out(JSON.stringify({ findings, runs, ...server }, null, 2));
    } else {
      for (const { level, at, message } of findings) terminal.out(`${level}: ${at}: ${message}`);
      for (const one of runs) terminal.out(describeRun(one));
      if (cvat !== null) terminal.out(describeCvat(cvat));
      if (findings.length === 0) terminal.out('Nothing is wrong.');
    }
    return findings.some(({ level }) => level === 'error') ? 1 : 0;
  },
});

async function checkFolder(folder: string, run: boolean, verbose: boolean, terminal: Terminal): Promise<CheckReport[]> {
  const report = await checkBundle(folder);
  if (!run || report.findings.some(({ level }) => level === 'error')) return [report];
  const log = verbose ? (level: string, message: string) => terminal.err(`[${level}] ${message}`) : undefined;
  const running = await runBundle(folder, { log });
  try {
    return [report, await checkFunction(running.url, running.readyMs)];
  } finally {
    await running.close();
  }
}

function compare(url: string, reports: readonly CheckReport[], auth: CvatAuth | undefined): Promise<CvatReport> {
  const client = createCvatClient({ url, auth, timeoutMs: 20_000, attempts: 1 });
  return checkCvat(url, client, reports, { credentials: auth !== undefined });
}

function describeRun(run: NonNullable<CheckReport['run']>): string {
  const ready = run.readyMs === undefined ? '' : `ready after ${Math.round(run.readyMs)} ms, `;
  const memory = run.memoryBytes === undefined ? '' : `, ${megabytes(run.memoryBytes)} of memory`;
  return `${run.model}: ${ready}clicks in ${run.clickMs.map(Math.round).join(' and ')} ms${memory}, replies as ${run.reply}.`;
}

function describeCvat({ version, release }: CvatReport): string {
  if (release === null) return `CVAT ${version}.`;
  return `CVAT ${version}: reads ${release.replies.join(' and ')}; brings nuclio ${release.nuclio}.`;
}
