import {
  type CheckReport,
  type CvatReport,
  checkBundle,
  checkCvat,
  checkFunction,
  runBundle,
} from '../bundle/index.js';
import { createCvatClient } from '../client/index.js';
import { type Arguments, readArguments, UsageError } from './arguments.js';
import { authHelp, readAuth } from './cvat-auth.js';
import { megabytes, type Terminal } from './terminal.js';

export const checkHelp = `clickmask-cvat check [DIR] [options]

Checks a function's folder, a running function, and whether both fit a CVAT. Exit code 0 where nothing is wrong, 1 otherwise.

  DIR               a folder that init has written, maybe changed since
  --run             also starts the folder's function on this machine, without nuclio, and clicks on a test picture
  --url URL         asks a running function, such as http://localhost:32001 (nuctl get function shows the port)
  --cvat-url URL    compares with a CVAT: the form of the replies with what its version reads and, with credentials, the
                    deployed function with the folder
  --json            the report as JSON
  --verbose         shows what the function logs

${authHelp}

Examples:
  clickmask-cvat check clickmask-function --run
  clickmask-cvat check --url http://localhost:32001 --cvat-url http://localhost:8080`;

export async function check(args: readonly string[], terminal: Terminal): Promise<number> {
  const given = readArguments(args, {
    run: { type: 'boolean' },
    url: { type: 'string' },
    'cvat-url': { type: 'string' },
    'token-file': { type: 'string' },
    json: { type: 'boolean' },
    verbose: { type: 'boolean' },
  });
  const [folder] = given.positionals;
  const url = given.text('url');
  const cvatUrl = given.text('cvat-url');
  if (folder === undefined && url === undefined && cvatUrl === undefined) {
    throw new UsageError('Name a folder, a running function with --url, or a CVAT with --cvat-url.');
  }
  if (given.flag('run') && folder === undefined) throw new UsageError('--run needs a folder.');
  const reports = folder === undefined ? [] : await checkFolder(folder, given, terminal);
  if (url !== undefined) reports.push(await checkFunction(url));
  const cvat = cvatUrl === undefined ? null : await compare(cvatUrl, reports, given.text('token-file'));

  const findings = [...reports, ...(cvat === null ? [] : [cvat])].flatMap((report) => report.findings);
  const runs = reports.flatMap(({ run }) => run ?? []);
  if (given.flag('json')) {
    const server = cvat === null ? {} : { version: cvat.version, release: cvat.release };
    terminal.out(JSON.stringify({ findings, runs, ...server }, null, 2));
  } else {
    for (const { level, at, message } of findings) terminal.out(`${level}: ${at}: ${message}`);
    for (const run of runs) terminal.out(describeRun(run));
    if (cvat !== null) terminal.out(describeCvat(cvat));
    if (findings.length === 0) terminal.out('Nothing is wrong.');
  }
  return findings.some(({ level }) => level === 'error') ? 1 : 0;
}

async function checkFolder(folder: string, given: Arguments, terminal: Terminal): Promise<CheckReport[]> {
  const report = await checkBundle(folder);
  if (!given.flag('run') || report.findings.some(({ level }) => level === 'error')) return [report];
  const log = given.flag('verbose')
    ? (level: string, message: string) => terminal.err(`[${level}] ${message}`)
    : undefined;
  const running = await runBundle(folder, { log });
  try {
    return [report, await checkFunction(running.url, running.readyMs)];
  } finally {
    await running.close();
  }
}

async function compare(
  url: string,
  reports: readonly CheckReport[],
  tokenFile: string | undefined,
): Promise<CvatReport> {
  const auth = await readAuth(tokenFile);
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
