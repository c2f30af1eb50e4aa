import { readFile, writeFile } from 'node:fs/promises';
import { type Box, bounds, maskFromRuns } from '@clickmask/core';
import { defineCommand, UsageError } from '@clickmask/core/adapters';
import { cvatMask } from '@clickmask/core/formats';
import { invokeFunction, type Point } from '../client/index.js';

export const invoke = defineCommand({
  name: 'invoke',
  summary: 'Calls a running interactor as CVAT would, and prints the answer as JSON.',
  options: {
    url: { type: 'text', value: 'URL', required: true, help: 'Address of the function.' },
    image: { type: 'text', value: 'FILE', required: true, help: 'An image file.' },
    click: {
      type: 'texts',
      value: 'X,Y[,+|-]',
      help: 'A click in image px, positive (default) or negative. Repeat it for more clicks, in order.',
    },
    box: { type: 'text', value: 'X1,Y1,X2,Y2', help: 'A box.' },
    threshold: { type: 'number', max: 1, help: 'Minimum probability of an object pixel.' },
    repeat: {
      type: 'whole',
      min: 1,
      max: 100_000,
      default: 1,
      help: 'Sends the request N times and prints each time.',
    },
    mask: { type: 'text', value: 'FILE', help: 'Writes the mask as a PNG.' },
    points: { type: 'switch', help: 'Also prints the mask as CVAT stores it.' },
    timeout: {
      type: 'number',
      value: 'SECONDS',
      min: 1,
      max: 86_400,
      default: 120,
      help: 'How long to wait. The default is that of CVAT.',
    },
  },
  examples: [
    'clickmask-cvat invoke --url http://localhost:32001 --image cat.jpg --click 120,80',
    'clickmask-cvat invoke --url http://localhost:32001 --image cat.jpg --click 120,80 --click 10,10,- --mask mask.png',
  ],
  async run({ values }, terminal) {
    const { url, repeat: count, threshold, timeout, mask: target } = values;
    const clicks = values.click.map(readClick);
    const box = values.box === undefined ? undefined : readBox(values.box);
    if (clicks.length === 0 && box === undefined) throw new UsageError('Give at least one --click or a --box.');
    const image = await readFile(values.image);
    const milliseconds: number[] = [];
    const call = () =>
      invokeFunction({
        url,
        image,
        positive: clicks.filter(({ positive }) => positive).map(({ point }) => point),
        negative: clicks.filter(({ positive }) => !positive).map(({ point }) => point),
        box,
        threshold,
        timeoutMs: timeout * 1000,
      });
    let result = await call();
    milliseconds.push(Math.round(result.milliseconds));
    for (let i = 1; i < count; i++) {
      result = await call();
      milliseconds.push(Math.round(result.milliseconds));
    }
    const { runs, format, area, score, width, height, bytes } = result;
    const box4 = bounds(runs);
    const text = {
      width,
      height,
      format,
      area,
      bbox: box4 === null ? null : [box4.x, box4.y, box4.width, box4.height],
      ...(score === undefined ? {} : { score }),
      bytes,
      milliseconds: count === 1 ? milliseconds[0] : milliseconds,
      ...(values.points ? { points: cvatMask.serialize(runs) } : {}),
    };
    terminal.out(JSON.stringify(text));
    if (target !== undefined) {
      const { default: sharp } = await import('sharp');
      const data = maskFromRuns(runs).data.map((value) => value * 255);
      await writeFile(
        target,
        await sharp(data, { raw: { width, height, channels: 1 } })
          .png()
          .toBuffer(),
      );
    }
    return 0;
  },
});

function readClick(text: string): { readonly point: Point; readonly positive: boolean } {
  const match = /^(-?[\d.]+),(-?[\d.]+)(?:,([+-]))?$/.exec(text.replaceAll(' ', ''));
  const point = match === null ? [Number.NaN, Number.NaN] : [Number(match[1]), Number(match[2])];
  if (!point.every(Number.isFinite)) throw new UsageError(`Expected X,Y or X,Y,- for --click but received "${text}".`);
  return { point: point as unknown as Point, positive: match?.[3] !== '-' };
}

function readBox(text: string): Box {
  const values = text.split(',').map(Number);
  if (values.length !== 4 || !values.every(Number.isFinite)) {
    throw new UsageError(`Expected X1,Y1,X2,Y2 for --box but received "${text}".`);
  }
  const [x1, y1, x2, y2] = values;
  return { x1, y1, x2, y2 };
}
