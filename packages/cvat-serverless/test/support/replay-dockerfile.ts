import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** One instruction of a Dockerfile. */
export interface Instruction {
  readonly kind: string;
  readonly value: string;
}

export function readDockerfile(text: string): readonly Instruction[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => ({ kind: line.split(' ')[0], value: line.slice(line.indexOf(' ') + 1) }));
}

/**
 * Does what an engine would do to `/opt/nuclio`, in a folder of this machine: copies from the context and runs commands, in
 * the order of the file. Everything outside of that folder is left out.
 */
export function replayDockerfile(instructions: readonly Instruction[], context: string, root: string): void {
  for (const { kind, value } of instructions) {
    if (kind === 'COPY') {
      const [from, to] = value.split(' ');
      if (!to.startsWith('/opt/nuclio')) continue;
      const target = join(root, to);
      mkdirSync(dirname(target), { recursive: true });
      cpSync(join(context, from), target, { recursive: statSync(join(context, from)).isDirectory() });
    }
    if (kind === 'RUN') execFileSync('sh', ['-ec', value.replaceAll('/opt/nuclio', join(root, 'opt/nuclio'))]);
  }
}
