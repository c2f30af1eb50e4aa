import { readFile, writeFile } from 'node:fs/promises';
import { type Box, bounds, maskFromRuns } from '@clickmask/core';
import { cvatMask } from '@clickmask/core/formats';
import { invokeFunction, type Point } from '../client/index.js';
import { readArguments, UsageError } from './arguments.js';
import type { Terminal } from './terminal.js';

export const invokeHelp = `clickmask-cvat invoke --url URL --image FILE --click X,Y[,+|-] [options]

Calls a running interactor as CVAT would, and prints what came back as JSON.

  --url URL            where the function listens
  --image FILE         a picture
  --click X,Y[,+|-]    a click in image px, positive (default) or negative; may be repeated, in order
  --box X1,Y1,X2,Y2    a box
  --threshold N        probability threshold, 0 to 1
  --repeat N           sends the same request N times and tells each time
  --mask FILE          writes the mask as a PNG
  --points             also prints the mask as CVAT stores it
  --timeout SECONDS    default 120, as CVAT waits

Examples:
  clickmask-cvat invoke --url http://localhost:32001 --image cat.jpg --click 120,80
  clickmask-cvat invoke --url http://localhost:32001 --image cat.jpg --click 120,80 --click 10,10,- --mask mask.png`;

export async function invoke(args: readonly string[], terminal: Terminal): Promise<number> {
  const given = readArguments(args, {
    url: { type: 'string' },
    image: { type: 'string' },
    click: { type: 'string', multiple: true },
    box: { type: 'string' },
    threshold: { type: 'string' },
    repeat: { type: 'string' },
    mask: { type: 'string' },
    points: { type: 'boolean' },
    timeout: { type: 'string' },
  });
  const url = given.required('url');
  const file = given.required('image');
  const clicks = given.texts('click').map(readClick);
  const box = given.text('box') === undefined ? undefined : readBox(given.required('box'));
  if (clicks.length === 0 && box === undefined) throw new UsageError('Give at least one --click or a --box.');
  const image = await readFile(file);
  const milliseconds: number[] = [];
  const count = given.number('repeat', 1, 100_000) ?? 1;
  const call = () =>
    invokeFunction({
      url,
      image,
      positive: clicks.filter(({ positive }) => positive).map(({ point }) => point),
      negative: clicks.filter(({ positive }) => !positive).map(({ point }) => point),
      box,
      threshold: given.number('threshold', 0, 1),
      timeoutMs: (given.number('timeout', 1, 86_400) ?? 120) * 1000,
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
    ...(given.flag('points') ? { points: cvatMask.serialize(runs) } : {}),
  };
  terminal.out(JSON.stringify(text));
  const target = given.text('mask');
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
}

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
