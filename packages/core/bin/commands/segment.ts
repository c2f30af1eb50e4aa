import { writeFile } from 'node:fs/promises';
import { extname } from 'node:path';
import { CODECS, findCodec, polygonJson } from '../../src/formats.js';
import {
  type Box,
  type Click,
  cocoRle,
  decodeImage,
  maskFromPng,
  maskToPng,
  type Prediction,
  renderOverlay,
} from '../../src/node.js';
import { defineCommand, UsageError } from '../../src/runtime/node/command-line/index.js';
import { createSessionLog } from '../../src/session.js';
import { formatJson } from '../json.js';
import {
  modelOptions,
  openSegmenter,
  postprocessOf,
  postprocessOptions,
  readingOf,
  refinementOf,
} from '../model-options.js';
import { createInputReader, readInput } from '../read-input.js';

/** Short names of codecs. */
const shortNames: Readonly<Record<string, string>> = {
  coco: 'coco-rle',
  'label-studio': 'label-studio-rle',
  cvat: 'cvat-mask',
  svg: 'svg-path',
};
const formats = ['json', 'png', ...CODECS.map(({ name }) => name), ...Object.keys(shortNames)];

export const segment = defineCommand({
  name: 'segment',
  summary: 'Turns clicks on an image into a mask.',
  about: `<image> is a file or an address (http, https).
Coordinates are pixels of the upright image, from the top-left corner. They may be fractions. The first click should be on
the object. Later clicks add (+) or take away (-) where the mask is wrong. If all clicks are negative, the mask is empty: a
note says so, and the exit code is 0.`,
  args: { usage: '<image>', expected: 'one image', min: 1, max: 1 },
  options: {
    click: {
      type: 'texts',
      value: 'X,Y[,+|-]',
      help: 'A click: + on the object (default), - beside it. Repeat it for more clicks, in order.',
    },
    box: { type: 'text', value: 'X1,Y1,X2,Y2', help: 'A box around the object, by two opposite corners.' },
    mask: { type: 'text', value: 'FILE', help: 'A mask to start from and correct (PNG, white is object).' },
    format: {
      type: 'text',
      value: 'NAME',
      choices: formats,
      default: 'json',
      help: 'Output: json (the mask and its data), png, or a codec.',
    },
    out: { type: 'text', value: 'FILE', help: 'Writes to a file instead of stdout.' },
    overlay: {
      type: 'text',
      value: 'FILE',
      help: 'Also draws mask and clicks over the image (.png, .jpg, .webp).',
    },
    log: {
      type: 'text',
      value: 'FILE',
      help: "Also writes a session log for 'clickmask replay'.",
    },
    detail: {
      type: 'number',
      max: 1,
      default: 0.8,
      help: 'Detail of polygons, from 0 (coarse) to 1 (exact).',
    },
    ...postprocessOptions,
    candidate: {
      type: 'whole',
      help: "Takes candidate N, counted from 0, instead of the model's choice.",
    },
    'private-addresses': { type: 'switch', help: 'Also fetches from private and local addresses.' },
    ...modelOptions,
  },
  notes: `JSON: width, height, area, bbox [x, y, w, h], score, model, provider, polygons, rle (COCO, compressed), changedPixels,
refinement, timingsMs { decode, encode, predict, postprocess, total }; notes if there are any; candidates if the model
offers several.`,
  examples: [
    'clickmask segment photo.jpg --click 320,240',
    'clickmask segment photo.jpg --click 320,240 --click 40,60,- --overlay result.png',
    'clickmask segment photo.jpg --click 320,240 --format png --out mask.png',
    'clickmask segment photo.jpg --click 90,80,- --mask mask.png --format label-studio-rle',
  ],
  async run({ values, args: [path] }, terminal) {
    const clicks = values.click.map(parseClick);
    const box = values.box === undefined ? undefined : parseBox(values.box);
    const overlay = values.overlay === undefined ? undefined : overlayFormatOf(values.overlay);
    const refinement = refinementOf(values);
    const postprocess = postprocessOf(values);
    const bytes = await readOnce(path, values['private-addresses']);
    const mask =
      values.mask === undefined ? undefined : await maskFromPng(await readInput(values.mask), values['max-pixels']);
    terminal.status('loading the model');
    const segmenter = await openSegmenter(values, terminal);
    try {
      const image = await segmenter.open(bytes);
      terminal.status('segmenting');
      const { candidate } = values;
      const since = performance.now();
      const prediction = await segmenter.segment(image, { clicks, box, mask }, { refinement, postprocess, candidate });
      const milliseconds = performance.now() - since;
      terminal.status('');
      for (const note of prediction.notes) terminal.err(`Note: ${note}\n`);
      const output = await render(prediction, values.format, values.detail);
      if (values.out === undefined) terminal.out(output);
      else await writeFile(values.out, output);
      if (values.log !== undefined) {
        const log = createSessionLog();
        log.start(image);
        log.open(image.key, segmenter.info.model);
        const prompt = { clicks, box: box ?? null, start: mask ?? null, candidate: candidate ?? null };
        log.add({ prompt, runs: prediction.runs }, milliseconds, null);
        await writeFile(values.log, formatJson(log.export({ refinement, postprocess })));
      }
      if (overlay !== undefined) {
        const picture = await decodeImage(bytes, image.width * image.height, readingOf(values));
        await writeFile(values.overlay as string, await renderOverlay(picture, prediction.runs, clicks, overlay));
      }
      return 0;
    } finally {
      terminal.status('');
      await segmenter.close();
    }
  },
});

async function readOnce(path: string, privateAddresses: boolean): Promise<Uint8Array> {
  const reader = createInputReader(privateAddresses);
  try {
    return await reader.read(path);
  } finally {
    reader.close();
  }
}

async function render(prediction: Prediction, format: string, detail: number): Promise<string | Uint8Array> {
  const { runs } = prediction;
  if (format === 'json') return formatJson(summary(prediction, detail));
  if (format === 'png') return maskToPng(runs);
  const codec = findCodec(shortNames[format] ?? format);
  const value = codec.serialize(runs, codec.isOutline ? { detail } : {});
  return typeof value === 'string' ? `${value}\n` : formatJson(value);
}

function summary(prediction: Prediction, detail: number): object {
  const { width, height, area, bbox, score, candidates, model, provider, runs, changedPixels, refinement, notes } =
    prediction;
  const { decode, encode, predict, postprocess, total } = prediction.timings;
  const round = (value: number) => Math.round(value * 10) / 10;
  return {
    width,
    height,
    area,
    bbox: bbox === null ? null : [bbox.x, bbox.y, bbox.width, bbox.height],
    score,
    model,
    provider,
    polygons: polygonJson.serialize(runs, { detail }),
    rle: cocoRle.serialize(runs),
    changedPixels,
    ...(candidates.length > 1 ? { candidates } : {}),
    refinement,
    timingsMs: Object.fromEntries(
      Object.entries({ decode, encode, predict, postprocess, total }).map(([name, ms]) => [name, round(ms)]),
    ),
    ...(notes.length > 0 ? { notes } : {}),
  };
}

function parseClick(text: string): Click {
  const [x, y, sign = '+', ...rest] = text.split(',').map((part) => part.trim());
  if (rest.length > 0 || !isNumber(x) || !isNumber(y) || (sign !== '+' && sign !== '-')) {
    throw new UsageError(`Expected x,y or x,y,+ or x,y,- for --click but received '${text}'.`);
  }
  return { x: Number(x), y: Number(y), label: sign === '+' ? 'positive' : 'negative' };
}

function parseBox(text: string): Box {
  const parts = text.split(',').map((part) => part.trim());
  if (parts.length !== 4 || !parts.every(isNumber)) {
    throw new UsageError(`Expected x1,y1,x2,y2 for --box but received '${text}'.`);
  }
  const [x1, y1, x2, y2] = parts.map(Number);
  return { x1, y1, x2, y2 };
}

function isNumber(text: string | undefined): boolean {
  return text !== undefined && text !== '' && Number.isFinite(Number(text));
}

function overlayFormatOf(path: string): 'png' | 'jpeg' | 'webp' {
  const format = ({ '.png': 'png', '.jpg': 'jpeg', '.jpeg': 'jpeg', '.webp': 'webp' } as const)[
    extname(path).toLowerCase()
  ];
  if (format === undefined)
    throw new UsageError(`Expected a name ending in .png, .jpg or .webp for --overlay but received '${path}'.`);
  return format;
}
