import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Segmenter } from '@clickmask/core';
import { createSegmenter } from '@clickmask/core/node';
import {
  createLabelStudioBackend,
  createLabelStudioClient,
  type LabelStudioBackend,
  writeLabelingConfig,
} from '@clickmask/label-studio-backend';
import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  freePort,
  installLabelStudio,
  type LabelStudioServer,
  startLabelStudio,
  Unavailable,
} from './label-studio-server.js';
import { root } from './stage.js';

let unavailable: string | undefined;
let labelStudio: LabelStudioServer;
let proxied: string;
let nginx: ChildProcess;
let segmenter: Segmenter;
let backend: LabelStudioBackend;
let server: Server;
const folder = mkdtempSync(join(tmpdir(), 'clickmask-nginx-'));

beforeAll(async () => {
  try {
    if (spawnSync('nginx', ['-v']).status !== 0) throw new Unavailable('there is no nginx');
    const port = await freePort();
    proxied = `http://127.0.0.1:${port}/tools/labels`;
    labelStudio = await startLabelStudio(await installLabelStudio(8 * 60_000), 5 * 60_000, proxied);
    nginx = startNginx(port, labelStudio.url);
  } catch (error) {
    if (!(error instanceof Unavailable)) throw error;
    unavailable = `Left out: Label Studio behind a path prefix, since ${error.message}`;
    console.warn(unavailable);
    return;
  }
  segmenter = await createSegmenter();
  backend = createLabelStudioBackend({ segmenter, labelStudio: { url: proxied, token: labelStudio.token } });
  server = createServer(backend.app);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
}, 14 * 60_000);

afterAll(async () => {
  nginx?.kill();
  server?.closeAllConnections();
  server?.close();
  await backend?.close();
  await segmenter?.close();
  await labelStudio?.stop();
  rmSync(folder, { recursive: true, force: true });
}, 60_000);

/** As Label Studio's own documents have it: the prefix is cut off on the way. */
function startNginx(port: number, target: string): ChildProcess {
  const config = join(folder, 'nginx.conf');
  const places = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (one) => `${one}_temp_path ${folder}/${one};`,
  );
  writeFileSync(
    config,
    `daemon off; master_process off; pid ${folder}/pid; error_log ${folder}/error.log;
events {}
http {
  access_log off; client_max_body_size 50m; ${places.join(' ')}
  server {
    listen 127.0.0.1:${port};
    location /tools/labels/ { proxy_pass ${target}/; proxy_set_header Host $http_host; }
    location / { return 404; }
  }
}`,
  );
  return spawn('nginx', ['-p', folder, '-c', config], { stdio: 'ignore' });
}

/** The bin, while this process keeps serving. */
function command(...args: string[]): Promise<{ readonly code: number; readonly out: string }> {
  const bin = `${root}packages/label-studio-backend/dist/bin/clickmask-label-studio.js`;
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [bin, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    let out = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (part: Buffer) => (out += part.toString()));
    child.once('exit', (code) => resolve({ code: code ?? -1, out }));
  });
}

it('works behind a path prefix, from connect to doctor --all', { timeout: 120_000 }, async (context) => {
  if (unavailable !== undefined) return context.skip(unavailable);
  const client = createLabelStudioClient({ url: proxied, token: labelStudio.token });
  const { id: project } = await client.createProject({
    title: 'Behind a proxy',
    label_config: writeLabelingConfig({ labels: ['Cup'] }),
  });
  for (const name of ['coffee.jpg', 'cat.jpg']) {
    await labelStudio.upload(project, name, readFileSync(`${root}examples/photos/${name}`));
  }
  const [{ data }] = await client.tasksAfter(project, 0, 1);
  expect(data.image).toMatch(/^\/tools\/labels\/data\/upload\//);
  const common = ['--url', proxied, '--token', labelStudio.token, '--project', String(project)];
  const { port } = server.address() as AddressInfo;
  const connected = await command('connect', ...common, '--backend', `http://127.0.0.1:${port}`);
  expect(connected).toMatchObject({ code: 0, out: expect.stringContaining('added') });
  await labelStudio.call('POST', `/api/projects/${project}/import`, [{ data: { image: '/data/upload/1/gone.jpg' } }]);
  const doctor = await command('doctor', ...common, '--all', '--sample', '0');
  expect(doctor.out).toContain('✔ smart click: 1 region');
  expect(doctor.out).toContain('2 of 3 tasks that were tried work');
  expect(doctor.out).toMatch(/task \d+: Expected an image but .* answered with status (?:404|500)/);
  expect(doctor.code).toBe(1);
});
