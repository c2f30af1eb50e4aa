// CVAT's function behind this package's own processor.
import { mkdtempSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { initBundle } from '@clickmask/cvat-serverless';

const image = (await readFile(new URL('../../../examples/photos/cat.jpg', import.meta.url))).toString('base64');

let folder;

export async function begin() {
  folder = mkdtempSync(join(tmpdir(), 'clickmask-drill-'));
  await initBundle({ out: folder, dependencies: 'vendor', force: true });
  return async () => rmSync(folder, { recursive: true, force: true });
}

const script = fileURLToPath(new URL('../../hostile/cvat-server.mjs', import.meta.url));
export const command = (port) => [script, `${port}`, folder];

export async function click(url) {
  const body = JSON.stringify({ image, pos_points: [[200, 150]], neg_points: [], obj_bbox: [] });
  const answer = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
  if (answer.status !== 200) throw new Error(`a click was answered ${answer.status}`);
  await answer.text();
}

export const bodyPath = '/';
export const bodyType = 'application/json';
export const stopMs = 15_000;
