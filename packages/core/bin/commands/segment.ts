import { writeFile } from 'node:fs/promises';
import { extname } from 'node:path';
import { CODECS, type Codec, type CodecName, findCodec, polygonJson } from '../../src/formats.js';
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
import {
  BadUse,
  type Command,
  choiceOption,
  createProgress,
  formatJson,
  numberOption,
  onePositional,
  parse,
  wholeOption,
} from '../command.js';
import {
  holesOption,
  maxPixelsOf,
  modelHelp,
  modelOptions,
  openSegmenter,
  readingOf,
  refinementOf,
} from '../model-options.js';
import { createInputReader, readInput } from '../read-input.js';

/** Shorter names of codecs. */
const shortNames: Readonly<Record<string, CodecName>> = {
  coco: 'coco-rle',
  'label-studio': 'label-studio-rle',
  cvat: 'cvat-mask',
  svg: 'svg-path',
};
const formats = [...new Set(['json', 'png', ...Object.keys(shortNames), ...CODECS.map(({ name }) => name)])];

const help = `Turns clicks on a picture into a mask.

Usage: clickmask segment <image> --click x,y[,+|-]... [options]

<image> is a file, or an address (http, https).
Coordinates are pixels of the upright picture, from the top-left corner; fractions are fine. The first click should lie
on the object; later ones add (+) or take away (-) where the mask is wrong. Where all are negative, the mask is empty: a note
says so, and the exit code is 0.

Options:
  --click X,Y[,+|-]      a click: + on the object (default), - beside it; repeat for more, in order
  --box X1,Y1,X2,Y2      a box around the object, any two opposite corners
  --mask FILE            a mask to start from and correct (PNG, white is object)
  --format NAME          json (default), png, ${Object.keys(shortNames).join(', ')}, or a codec by its name:
                         ${CODECS.map(({ name }) => name).join(', ')}
  --out FILE             writes there instead of to stdout
  --overlay FILE         also draws mask and clicks over the picture (.png, .jpg, .webp)
  --detail N             1 every corner to 0 coarsest, for polygons (default 0.8)
  --threshold N          probability above which a pixel is set (default: the model's)
  --no-sis               without structural integrity: parts that hold no positive click stay
  --fill-holes N|N%      fills holes of up to N pixels, or N per cent of the mask, but for those with a negative click;
                         0: none (default: the model's)
  --remove-specks N      drops parts below N pixels
  --largest              keeps only the largest part
  --candidate N          takes the reading N of the clicks, counted from 0, instead of the model's own choice, where it
                         offers several
  --private-addresses    also fetch from private and local addresses
${modelHelp}
JSON: width, height, area, bbox [x, y, w, h], score, model, provider, polygons, rle (COCO, compressed), changedPixels,
refinement, timingsMs { decode, encode, predict, postprocess, total }; notes where there is something to say, candidates
where the model offers several.

Examples:
  clickmask segment photo.jpg --click 320,240
  clickmask segment photo.jpg --click 320,240 --click 40,60,- --overlay result.png
  clickmask segment photo.jpg --click 320,240 --format png --out mask.png
  clickmask segment photo.jpg --click 90,80,- --mask mask.png --format label-studio
`;

export const segment: Command = {
  name: 'segment',
  summary: 'turns clicks on a picture into a mask',
  help,
  async run(args) {
    const { values, positionals } = parse(args, {
      ...modelOptions,
      click: { type: 'string', multiple: true },
      box: { type: 'string' },
      mask: { type: 'string' },
      format: { type: 'string' },
      out: { type: 'string' },
      overlay: { type: 'string' },
      detail: { type: 'string' },
      threshold: { type: 'string' },
      'no-sis': { type: 'boolean' },
      'fill-holes': { type: 'string' },
      'remove-specks': { type: 'string' },
      largest: { type: 'boolean' },
      candidate: { type: 'string' },
      'private-addresses': { type: 'boolean' },
    });
    const path = onePositional(positionals, 'one picture');
    const format = choiceOption('format', values.format, formats) ?? 'json';
    const clicks = (values.click ?? []).map(parseClick);
    const box = values.box === undefined ? undefined : parseBox(values.box);
    const detail = numberOption('detail', values.detail, 0, 1);
    const overlayFormat = values.overlay === undefined ? undefined : overlayFormatOf(values.overlay);
    const refinement = refinementOf(values);
    const postprocess = {
      threshold: numberOption('threshold', values.threshold, 0, 1),
      fillHoles: holesOption(values['fill-holes']),
      removeSpecks: numberOption('remove-specks', values['remove-specks'], 0),
      largestPart: values.largest,
      ...(values['no-sis'] === true ? { structuralIntegrity: 'off' as const } : {}),
    };
    const progress = createProgress();
    const bytes = await readOnce(path, values['private-addresses'] === true);
    const mask =
      values.mask === undefined ? undefined : await maskFromPng(await readInput(values.mask), maxPixelsOf(values));
    progress.show('loading the model');
    const segmenter = await openSegmenter(values);
    try {
      const image = await segmenter.open(bytes);
      progress.show('segmenting');
      const prediction = await segmenter.segment(
        image,
        { clicks, box, mask },
        { refinement, postprocess, candidate: wholeOption('candidate', values.candidate, 0) },
      );
      progress.clear();
      for (const note of prediction.notes) process.stderr.write(`Note: ${note}\n`);
      const output = await render(prediction, format, detail);
      if (values.out === undefined) process.stdout.write(output);
      else await writeFile(values.out, output);
      if (overlayFormat !== undefined) {
        const picture = await decodeImage(bytes, image.width * image.height, readingOf(values));
        await writeFile(values.overlay as string, await renderOverlay(picture, prediction.runs, clicks, overlayFormat));
      }
    } finally {
      progress.clear();
      await segmenter.close();
    }
  },
};

async function readOnce(path: string, privateAddresses: boolean): Promise<Uint8Array> {
  const reader = createInputReader(privateAddresses);
  try {
    return await reader.read(path);
  } finally {
    reader.close();
  }
}

async function render(
  prediction: Prediction,
  format: string,
  detail: number | undefined,
): Promise<string | Uint8Array> {
  const { runs } = prediction;
  if (format === 'json') return `${formatJson(summary(prediction, detail))}\n`;
  if (format === 'png') return maskToPng(runs);
  const codec: Codec<unknown, { detail?: number }> = findCodec(shortNames[format] ?? format);
  const value = codec.serialize(runs, codec.isOutline ? { detail: detail ?? 0.8 } : {});
  return typeof value === 'string' ? `${value}\n` : `${formatJson(value)}\n`;
}

function summary(prediction: Prediction, detail: number | undefined): object {
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
    polygons: polygonJson.serialize(runs, { detail: detail ?? 0.8 }),
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
    throw new BadUse(`Expected x,y or x,y,+ or x,y,- for --click but received '${text}'.`);
  }
  return { x: Number(x), y: Number(y), label: sign === '+' ? 'positive' : 'negative' };
}

function parseBox(text: string): Box {
  const parts = text.split(',').map((part) => part.trim());
  if (parts.length !== 4 || !parts.every(isNumber)) {
    throw new BadUse(`Expected x1,y1,x2,y2 for --box but received '${text}'.`);
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
    throw new BadUse(`Expected a name ending in .png, .jpg or .webp for --overlay but received '${path}'.`);
  return format;
}
