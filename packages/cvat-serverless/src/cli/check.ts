import { type CheckReport, checkBundle, checkFunction, runBundle } from '../bundle/index.js';
import { readArguments, UsageError } from './arguments.js';
import { megabytes, type Terminal } from './terminal.js';

export const checkHelp = `clickmask-cvat check [DIR] [options]

Checks a function's folder, a running function, or both. Exit code 0 where nothing is wrong, 1 otherwise.

  DIR            a folder that init has written, maybe changed since
  --run          also starts the folder's function on this machine, without nuclio, and clicks on a test picture
  --url URL      asks a running function, such as http://localhost:32001 (nuctl get function shows the port)
  --json         the report as JSON
  --verbose      shows what the function logs

Examples:
  clickmask-cvat check clickmask-function --run
  clickmask-cvat check --url http://localhost:32001`;

export async function check(args: readonly string[], terminal: Terminal): Promise<number> {
  const given = readArguments(args, {
    run: { type: 'boolean' },
    url: { type: 'string' },
    json: { type: 'boolean' },
    verbose: { type: 'boolean' },
  });
  const [folder] = given.positionals;
  const url = given.text('url');
  if (folder === undefined && url === undefined)
    throw new UsageError('Name a folder, or a running function with --url.');
  if (given.flag('run') && folder === undefined) throw new UsageError('--run needs a folder.');
  const reports: CheckReport[] = [];
  if (folder !== undefined) {
    const report = await checkBundle(folder);
    reports.push(report);
    if (given.flag('run') && !report.findings.some(({ level }) => level === 'error')) {
      const log = given.flag('verbose')
        ? (level: string, message: string) => terminal.err(`[${level}] ${message}`)
        : undefined;
      const running = await runBundle(folder, { log });
      try {
        reports.push(await checkFunction(running.url, running.readyMs));
      } finally {
        await running.close();
      }
    }
  }
  if (url !== undefined) reports.push(await checkFunction(url));

  const findings = reports.flatMap((report) => report.findings);
  if (given.flag('json')) {
    terminal.out(JSON.stringify({ findings, runs: reports.flatMap(({ run }) => run ?? []) }, null, 2));
  } else {
    for (const { level, at, message } of findings) terminal.out(`${level}: ${at}: ${message}`);
    for (const { run } of reports) {
      if (run === undefined) continue;
      const ready = run.readyMs === undefined ? '' : `ready after ${Math.round(run.readyMs)} ms, `;
      const memory = run.memoryBytes === undefined ? '' : `, ${megabytes(run.memoryBytes)} of memory`;
      terminal.out(`${run.model}: ${ready}clicks in ${run.clickMs.map(Math.round).join(' and ')} ms${memory}.`);
    }
    if (findings.length === 0) terminal.out('Nothing is wrong.');
  }
  return findings.some(({ level }) => level === 'error') ? 1 : 0;
}
