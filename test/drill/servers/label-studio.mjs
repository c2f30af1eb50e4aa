// Label Studio's backend, as its command starts it.
import { fileURLToPath } from 'node:url';
import {
  clickOf,
  makePhotos,
  predict,
  startPictureServer,
  taskOf,
} from '../../../packages/label-studio-backend/bench/start-backend.mjs';

const bin = fileURLToPath(
  new URL('../../../packages/label-studio-backend/dist/bin/clickmask-label-studio.js', import.meta.url),
);
let pictures;

export async function begin() {
  pictures = await startPictureServer(await makePhotos(1, 640, 480));
  return () => pictures.close();
}

export const command = (port) => {
  const options = ['--port', `${port}`, '--label-studio-url', pictures.url, '--token', 'drill', '--look-ahead', '0'];
  return [bin, ...options, '--cache-dir', 'off'];
};

export async function click(url) {
  const { status, text } = await predict(url, taskOf(0), { result: [clickOf('drill', 50, 50, true, 640, 480)] });
  const result = status === 200 ? JSON.parse(text).results?.[0]?.result : undefined;
  if (!(result?.length > 0)) throw new Error(`a click was answered ${status}`);
}

export const readyPath = '/ready';
export const bodyPath = '/predict';
export const bodyType = 'application/json';
export const stopMs = 15_000;
