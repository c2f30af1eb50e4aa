// A backend on the official label-studio-ml package, served by gunicorn as the package's own Dockerfile does.
import { spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { config, processTree, token } from './start-backend.mjs';

export const modelFolder = fileURLToPath(new URL('../../../models/clickmask-small', import.meta.url));
const application = fileURLToPath(new URL('./official', import.meta.url));

export async function officialBackend(labelStudioUrl, { python, folder, featureCache, spin }) {
  const port = await freePort();
  // As in its Dockerfile, except that it keeps connections open, so that none closes during a request.
  const args = [
    '--preload',
    '--bind',
    `127.0.0.1:${port}`,
    '--workers',
    '1',
    '--threads',
    '8',
    '--timeout',
    '0',
    '--keep-alive',
    '600',
  ];
  const child = spawn(join(dirname(python), 'gunicorn'), [...args, '_wsgi:app'], {
    cwd: application,
    stdio: ['ignore', 'ignore', 'pipe'],
    env: {
      ...process.env,
      HOME: folder,
      XDG_CACHE_HOME: join(folder, 'cache'),
      PYTHONDONTWRITEBYTECODE: '1',
      MODEL_DIR: folder,
      CLICKMASK_MODEL_FOLDER: modelFolder,
      FEATURE_CACHE: String(featureCache),
      SPIN: spin,
    },
  });
  let said = '';
  child.stderr.on('data', (part) => {
    said = (said + part).slice(-5000);
  });
  const exited = new Promise((resolve) => child.once('exit', (code, signal) => resolve({ code, signal })));
  const url = `http://127.0.0.1:${port}`;
  const post = (path, body) =>
    fetch(`${url}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  // It predicts only after a setup, where it learns the images' address.
  const setup = { project: '1.1', schema: config, hostname: labelStudioUrl, access_token: token };
  for (let i = 0; ; i++) {
    const answer = await post('/setup', setup).catch(() => undefined);
    if (answer?.ok) break;
    if (i === 300 || child.exitCode !== null) {
      child.kill();
      throw new Error(`The official backend did not start: ${said}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return {
    url,
    pids: () => processTree(child.pid),
    async stop() {
      child.kill('SIGTERM');
      return exited;
    },
  };
}

async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}
