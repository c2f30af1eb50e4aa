import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Logger } from '../diagnostics/logger.js';
import { type SavedLimits, savePictures } from './save-pictures.js';
import type { OnTrain } from './trainer.js';

const longestLine = 2000;
const killAfterMs = 5000;
const notBetter = 3;

/**
 * Trains with a command line of the person who runs the backend. The shell gets `CLICKMASK_EXPORT`, the path of the
 * project's JSON export with its images beside it, and `CLICKMASK_PROJECT`, its number. The command's output is logged
 * line by line. Exit code 3 means that the new model is not better (as in `clickmask adapt`). Any other code but 0 is a
 * failure. Closing the backend stops the command.
 */
export function runTrainCommand(command: string, logger: Logger, limits?: SavedLimits): OnTrain {
  return async (run) => {
    const { project, exportAnnotations, signal } = run;
    const folder = await mkdtemp(join(tmpdir(), 'clickmask-train-'));
    try {
      const path = join(folder, 'export.json');
      const json = await savePictures(await exportAnnotations(), folder, run, logger, limits);
      await writeFile(path, json, { mode: 0o600 });
      const isBetter = await runShell(
        command,
        { CLICKMASK_EXPORT: path, CLICKMASK_PROJECT: project },
        signal,
        (line, isError) => {
          logger[isError ? 'warn' : 'info']({ project, line }, 'training says');
        },
      );
      return isBetter
        ? undefined
        : 'The new model was not better, so the present one stays. More annotations may help.';
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  };
}

/** @returns whether the new model is better */
function runShell(
  command: string,
  env: Readonly<Record<string, string>>,
  signal: AbortSignal,
  say: (line: string, isError: boolean) => void,
): Promise<boolean> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    // A process group, so that everything the shell started can be stopped.
    const child = spawn(command, {
      shell: true,
      detached: process.platform !== 'win32',
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...env },
    });
    const stop = (name: NodeJS.Signals) => {
      try {
        if (process.platform === 'win32' || child.pid === undefined) child.kill(name);
        else process.kill(-child.pid, name);
      } catch {
        // It has already ended.
      }
    };
    let timer: NodeJS.Timeout | undefined;
    const onAbort = () => {
      stop('SIGTERM');
      timer = setTimeout(() => stop('SIGKILL'), killAfterMs);
    };
    signal.addEventListener('abort', onAbort, { once: true });
    byLine(child.stdout, (line) => say(line, false));
    byLine(child.stderr, (line) => say(line, true));
    child.once('error', reject);
    child.once('close', (code, name) => {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
      if (code === 0 || code === notBetter) resolve(code === 0);
      else reject(new Error(`The training command ended with ${code ?? name ?? 'an unknown state'}.`));
    });
  });
}

/** Splits a stream into lines. A line that does not end is cut, so that output cannot fill the memory. */
function byLine(stream: NodeJS.ReadableStream, take: (line: string) => void): void {
  let rest = '';
  stream.setEncoding('utf8');
  stream.on('data', (part: string) => {
    const lines = (rest + part).split(/\r?\n|\r/);
    rest = (lines.pop() ?? '').slice(0, longestLine);
    for (const line of lines) if (line !== '') take(line.slice(0, longestLine));
  });
  stream.on('end', () => {
    if (rest !== '') take(rest);
  });
}
