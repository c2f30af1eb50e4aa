// CVAT's function behind this package's own processor.
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

const image = (await readFile(new URL('../../../examples/photos/cat.jpg', import.meta.url))).toString('base64');

export const command = (port) => [fileURLToPath(new URL('../../hostile/cvat-server.mjs', import.meta.url)), `${port}`];

export async function click(url) {
  const body = JSON.stringify({ image, pos_points: [[200, 150]], neg_points: [], obj_bbox: [] });
  const answer = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
  if (answer.status !== 200) throw new Error(`a click was answered ${answer.status}`);
  await answer.text();
}

export const bodyPath = '/';
export const bodyType = 'application/json';
export const stopMs = 15_000;
