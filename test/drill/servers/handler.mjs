// Core's HTTP handler in a plain Node server.
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { createRemoteSegmenter } from '@clickmask/core';

const photo = await readFile(new URL('../../../examples/photos/cat.jpg', import.meta.url));

export const command = (port) => [
  fileURLToPath(new URL('../../hostile/handler-server.mjs', import.meta.url)),
  `${port}`,
];

export async function click(url) {
  const segmenter = await createRemoteSegmenter({ url });
  try {
    const image = await segmenter.open(photo);
    const { area } = await segmenter.segment(image, { clicks: [{ x: 200, y: 150, label: 'positive' }] });
    if (area === 0) throw new Error('the mask is empty');
  } finally {
    await segmenter.close();
  }
}

export const bodyPath = '/segment';
export const bodyType = 'application/vnd.clickmask.packed';
export const stopMs = 5000;
