// The images of "How it works", drawn by the segmenter itself, so that they always show what the present model does.
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { root } from '../prepare.mjs';

const panelHeight = 300;
const gap = 8;

/**
 * Draws all figures into a folder, as WebP.
 *
 * @param {string} folder
 */
export async function drawFigures(folder) {
  const { createSegmenter, renderOverlay, decodeImage } = await import('@clickmask/core/node');
  mkdirSync(folder, { recursive: true });
  const segmenter = await createSegmenter();
  const open = async (name) => {
    const bytes = readFileSync(join(root, 'examples', 'photos', name));
    return { image: await segmenter.open(bytes), pixels: await decodeImage(bytes) };
  };
  const draw = async (photo, clicks, options) => {
    const { runs, map, refinement } = await segmenter.segment(photo.image, { clicks }, options);
    return { picture: await renderOverlay(photo.pixels, runs, clicks), map, refinement };
  };
  const save = (name, panels) => strip(join(folder, `${name}.webp`), panels);
  try {
    const astronaut = await open('astronaut.jpg');
    const suit = [{ x: 220, y: 400, label: 'positive' }];
    const cascade = { steps: 4, settledPixels: 20, clicks: 'every' };
    const passes = [];
    for (const count of [1, 2, 3, 5]) {
      passes.push((await draw(astronaut, suit, { passes: count, refinement: { cascade } })).picture);
    }
    await save('cascade', passes);

    const readings = [];
    for (const candidate of [1, 0, 2]) readings.push((await draw(astronaut, suit, { candidate })).picture);
    await save('candidates', readings);

    const rocket = await open('rocket.jpg');
    const sky = [{ x: 390, y: 300, label: 'positive' }];
    await save('integrity', [
      (await draw(rocket, sky, { postprocess: { structuralIntegrity: 'off' } })).picture,
      (await draw(rocket, sky, {})).picture,
    ]);

    const patch = [{ x: 170, y: 385, label: 'positive' }];
    const zoomIn = { skipClicks: 0, expansion: 1.4, minSize: 80 };
    const far = await draw(astronaut, patch, { refinement: { zoomIn: 'off' } });
    const near = await draw(astronaut, patch, { refinement: { zoomIn } });
    const { roi } = near.refinement;
    await save('zoom-in', [await frame(far.picture, roi), await cut(far.picture, roi), await cut(near.picture, roi)]);

    const body = await draw(rocket, [{ x: 320, y: 250, label: 'positive' }], { includeMap: true });
    await save('map', [await heat(body.map, rocket.pixels), body.picture]);
  } finally {
    await segmenter.close();
  }
}

/** Images side by side, with equal heights. */
async function strip(file, panels) {
  const scaled = await Promise.all(
    panels.map((panel) => sharp(panel).resize({ height: panelHeight }).png().toBuffer({ resolveWithObject: true })),
  );
  let left = 0;
  const placed = scaled.map(({ data, info }) => {
    const place = { input: data, left, top: 0 };
    left += info.width + gap;
    return place;
  });
  const background = { r: 0, g: 0, b: 0, alpha: 0 };
  await sharp({ create: { width: left - gap, height: panelHeight, channels: 4, background } })
    .composite(placed)
    .webp({ quality: 86 })
    .toFile(file);
}

/** Draws a region of interest, in image px, as an orange frame. */
async function frame(picture, { x, y, width, height }) {
  const size = await sharp(picture).metadata();
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${size.width}" height="${size.height}">
    <rect x="${x}" y="${y}" width="${width}" height="${height}" fill="none" stroke="#ff8c1a" stroke-width="4"/></svg>`;
  return sharp(picture)
    .composite([{ input: Buffer.from(svg), left: 0, top: 0 }])
    .png()
    .toBuffer();
}

/** The part of an image within a region of interest, enlarged. */
function cut(picture, { x, y, width, height }) {
  return sharp(picture)
    .extract({ left: Math.round(x), top: Math.round(y), width: Math.round(width), height: Math.round(height) })
    .resize({ height: panelHeight, kernel: 'nearest' })
    .png()
    .toBuffer();
}

/** A probability map as a grey image of the photo's size: black is 0, white is 1. */
async function heat(map, { width, height }) {
  const probability = map.scale === 'logit' ? (value) => 1 / (1 + Math.exp(-value)) : (value) => value;
  const grey = Buffer.from(Uint8Array.from(map.data, (value) => Math.round(255 * probability(value))));
  return sharp(grey, { raw: { width: map.width, height: map.height, channels: 1 } })
    .resize(width, height, { fit: 'fill' })
    .png()
    .toBuffer();
}
