#!/usr/bin/env node
/**
 * Replaces the docker command for nuctl, up to the point where a container would run. It keeps nuctl's records in
 * FAKE_DOCKER_OUT/store, returns empty files for what nuctl copies from its images, and leaves the Dockerfile and
 * context of the function's image in FAKE_DOCKER_OUT.
 */
import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const out = process.env.FAKE_DOCKER_OUT;
const inStore = (path) => join(out, 'store', path);

function copy(from, to) {
  const [, path] = /^nuclio-local-storage-reader:(.*)/.exec(to) ?? [];
  if (path === undefined) return writeFileSync(to, '');
  mkdirSync(dirname(inStore(path)), { recursive: true });
  return cpSync(from, inStore(path));
}

function execute(command) {
  const path = /\/bin\/cat (\S+)/.exec(command)?.[1];
  if (path === undefined) return;
  if (existsSync(inStore(path))) return void process.stdout.write(readFileSync(inStore(path)));
  console.error(`cat: ${path}: No such file or directory`);
  process.exitCode = 1;
}

function build(dockerfile) {
  if (dockerfile.endsWith('.onbuild')) return;
  cpSync(process.cwd(), join(out, 'context'), { recursive: true });
  cpSync(dockerfile, join(out, 'Dockerfile'));
}

const [command, ...rest] = process.argv.slice(2);
if (command === 'version') console.log('{"Client":{},"Server":{}}');
else if (command === 'create') console.log('c0ffee');
else if (command === 'cp') copy(rest[0], rest[1]);
else if (command === 'exec') execute(rest.join(' '));
else if (command === 'build') build(rest[rest.indexOf('-f') + 1]);
else if (command === 'run') {
  console.error('There is no engine: the image is as far as this goes.');
  process.exitCode = 1;
}
