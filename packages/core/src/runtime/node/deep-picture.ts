import type { Sharp } from 'sharp';
import { ClickmaskError, isListOf, unexpected } from '../../errors/index.js';
import type { Size } from '../../geometry/index.js';
import { pictureFormat } from '../../image/picture-format.js';
import type { ReducedImage } from '../../image/rgb-image.js';
import { readTiffHeader, type TiffHeader } from '../../image/tiff-header.js';
import { planesAsPages } from '../../image/tiff-planes.js';

/**
 * How images with more than 8 bits or more than three bands are read. Images that browsers show correctly are not
 * affected: this is for TIFFs, and for 16-bit images with a `range` or `bands`.
 */
export interface PictureReading {
  /**
   * Which values become black and white. A pair of values, or `full` for the whole range of the samples, or `auto`
   * (default): the range named in the file; else the full range of 8 bits; 0 to 1 for floats within it; the full range
   * of 16 bits if the brightest samples use more than 14 of them; else the 0.5th to the 99.5th percentile.
   */
  readonly range?: 'auto' | 'full' | readonly [black: number, white: number];
  /** Band numbers from 1: one for grey, or three for red, green and blue. Default: the first three, or the first. */
  readonly bands?: readonly number[];
}

/** @throws ClickmaskError `bad-option` */
export function checkReading({ range = 'auto', bands }: PictureReading): void {
  const isPair = isListOf(range, Number.isFinite) && range.length === 2 && range[0] < range[1];
  if (range !== 'auto' && range !== 'full' && !isPair) {
    throw unexpected('bad-option', 'range', "'auto', 'full', or a lower and a higher number", JSON.stringify(range));
  }
  const isBands =
    (bands?.length === 1 || bands?.length === 3) &&
    isListOf(bands, (band) => Number.isInteger(band) && (band as number) > 0);
  if (bands !== undefined && !isBands) {
    throw unexpected('bad-option', 'bands', 'one or three numbers of bands from 1', JSON.stringify(bands));
  }
}

/**
 * Parses the options of a program: `range` is `auto`, `full` or `LOW,HIGH`; `bands` is `N` or `R,G,B`.
 *
 * @throws ClickmaskError `bad-option`
 *
 * @example
 * ```ts
 * import { readingFromOptions } from '@clickmask/core/adapters';
 *
 * console.log(readingFromOptions('0,4095', '4,3,2')); // { range: [ 0, 4095 ], bands: [ 4, 3, 2 ] }
 * ```
 */
export function readingFromOptions(range?: string, bands?: string): PictureReading {
  const numbers = (text: string) => text.split(',').map((part) => (part.trim() === '' ? Number.NaN : Number(part)));
  const reading = {
    ...(range === undefined ? {} : { range: range === 'auto' || range === 'full' ? range : numbers(range) }),
    ...(bands === undefined ? {} : { bands: numbers(bands) }),
  };
  checkReading(reading as PictureReading);
  return reading as PictureReading;
}

/** How to treat samples that decoders do not read as 8-bit colours. */
export interface DeepPlan {
  /** The file, with signed samples declared as unsigned, because the decoder would clip values below zero. */
  readonly bytes: Uint8Array;
  readonly header: Pick<TiffHeader, 'bits' | 'bands' | 'kind' | 'isRgb' | 'range' | 'noData' | 'isPlanar'>;
  /** Whether decoders know the meaning of each band. */
  readonly isUsual: boolean;
}

/** Null for an image that decoders convert to 8-bit colours correctly. */
export function planDeep(bytes: Uint8Array, reading: PictureReading): DeepPlan | null {
  const isAsked = reading.range !== undefined || reading.bands !== undefined;
  const format = pictureFormat(bytes);
  if (format === 'png' && isAsked && bytes[24] === 16) {
    const bands = ({ 0: 1, 2: 3, 4: 1, 6: 3 } as Record<number, number>)[bytes[25]] ?? 3;
    const header = {
      bits: 16,
      bands,
      kind: 'unsigned',
      isRgb: bands === 3,
      range: null,
      noData: null,
      isPlanar: false,
    } as const;
    return { bytes, header, isUsual: true };
  }
  const header = format === 'tiff' ? readTiffHeader(bytes) : null;
  if (header === null || !header.isPlain || header.bits < 8) return null;
  const colours = header.isRgb ? 3 : 1;
  const isUsual = header.bands === colours || (header.hasAlpha && header.bands === colours + 1);
  if (header.bits === 8 && header.kind === 'unsigned' && isUsual && !isAsked && !header.isPlanar) return null;
  return { bytes: header.kind === 'signed' ? withoutSigns(bytes, header) : bytes, header, isUsual };
}

function withoutSigns(bytes: Uint8Array, { kindPlaces, isLittleEndian }: TiffHeader): Uint8Array {
  // A Buffer's slice would share its memory.
  const copy = new Uint8Array(bytes);
  const view = new DataView(copy.buffer);
  for (const place of kindPlaces) view.setUint16(place, 1, isLittleEndian);
  return copy;
}

/**
 * 8-bit colours of a deep image, and a note on how they were made; null if the usual way shows them correctly.
 *
 * @param open - opens a page of a file
 */
export async function readDeep(
  open: (file: Uint8Array, page?: number) => Sharp,
  plan: DeepPlan,
  reading: PictureReading,
): Promise<ReducedImage | null> {
  const { header } = plan;
  const bands = chooseBands(reading.bands, header);
  if (bands.some((band) => band > header.bands)) {
    throw new ClickmaskError('bad-option', `Expected bands up to ${header.bands} but received ${bands.join(', ')}.`);
  }
  const samples = await (header.isPlanar ? readPlanes(open, plan, bands) : readSamples(open(plan.bytes), bands));
  if (header.kind === 'signed') restoreSigns(samples.data, header.bits);
  const ranges = rangesOf(samples, header, reading.range ?? 'auto');
  const isPlain = ranges === null && reading.bands === undefined && plan.isUsual;
  if (isPlain && !header.isPlanar) return null;
  return {
    width: samples.width,
    height: samples.height,
    data: toLevels(samples, ranges ?? samples.channels.map(() => fullRange(header)), header),
    ...(isPlain ? {} : { notes: [noteOf(header, bands, ranges)] }),
  };
}

/** Samples of pixels, interleaved. */
interface Samples extends Size {
  readonly data: Float32Array;
  /** Samples per pixel. */
  readonly stride: number;
  /** Which of them are shown. */
  readonly channels: readonly number[];
}

async function readSamples(picture: Sharp, bands: readonly number[]): Promise<Samples> {
  const { space } = await picture.metadata();
  // For a single band with more than 8 bits, or floats, the decoder keeps the values but returns the band three times.
  const isTripled = space === 'b-w';
  if (!isTripled && space !== undefined) picture.pipelineColourspace(space).toColourspace(space);
  const { data, info } = await picture.raw({ depth: 'float' }).toBuffer({ resolveWithObject: true });
  return {
    width: info.width,
    height: info.height,
    data: new Float32Array(data.buffer, data.byteOffset, data.byteLength / 4),
    stride: info.channels,
    channels: bands.map((band) => (isTripled && band > 1 ? band + 1 : band - 1)),
  };
}

/** The decoder mixes up bands that are stored separately, so each is read as an image of its own. */
async function readPlanes(
  open: (file: Uint8Array, page: number) => Sharp,
  { bytes }: DeepPlan,
  bands: readonly number[],
): Promise<Samples> {
  const file = planesAsPages(
    bytes,
    bands.map((band) => band - 1),
  );
  const planes: Samples[] = [];
  for (const page of bands.keys()) planes.push(await readSamples(open(file, page), [1]));
  const [{ width, height }] = planes;
  const data = new Float32Array(width * height * bands.length);
  for (const [c, plane] of planes.entries()) {
    for (let i = 0; i < width * height; i++) data[i * bands.length + c] = plane.data[i * plane.stride];
  }
  return { width, height, data, stride: bands.length, channels: [...bands.keys()] };
}

function chooseBands(wanted: readonly number[] | undefined, { bands, isRgb }: DeepPlan['header']): readonly number[] {
  if (wanted !== undefined) return wanted;
  return isRgb || bands >= 3 ? [1, 2, 3] : [1];
}

function restoreSigns(samples: Float32Array, bits: number): void {
  const half = 2 ** (bits - 1);
  for (let i = 0; i < samples.length; i++) if (samples[i] >= half) samples[i] -= 2 * half;
}

type Range = readonly [number, number];

function fullRange({ kind, bits }: DeepPlan['header']): Range {
  if (kind === 'float') return [0, 1];
  return kind === 'signed' ? [-(2 ** (bits - 1)), 2 ** (bits - 1) - 1] : [0, 2 ** bits - 1];
}

/** The range of each shown channel; null for the full range, as for 8 and full 16 bits. */
function rangesOf(
  samples: Samples,
  header: DeepPlan['header'],
  range: NonNullable<PictureReading['range']>,
): readonly Range[] | null {
  const { channels } = samples;
  if (range === 'full') return channels.map(() => fullRange(header));
  if (range !== 'auto') return channels.map(() => range);
  if (header.range !== null) return channels.map(() => header.range as Range);
  if (header.kind === 'unsigned' && header.bits === 8) return null;
  const sorted = channels.map((channel) => sortedSample(samples, channel, header.noData));
  const [low, high] = [
    Math.min(...sorted.map(([value]) => value)),
    Math.max(...sorted.map((list) => list.at(-1) ?? 0)),
  ];
  if (header.kind === 'unsigned' && header.bits === 16 && high >= 2 ** 14) return null;
  if (header.kind === 'float' && low >= 0 && high <= 1 && high > 0.1) return channels.map((): Range => [0, 1]);
  // Colours are stretched together, to keep their hue. Other bands are stretched separately.
  const groups = header.isRgb
    ? channels.map(() => Float32Array.from(sorted.flatMap((list) => [...list])).sort())
    : sorted;
  return groups.map((list): Range => {
    const at = (share: number) => list[Math.round(share * (list.length - 1))] ?? 0;
    const [black, white] = [at(0.005), at(0.995)];
    return white > black ? [black, white] : [black, black + 1];
  });
}

const sampleCount = 200_000;

function sortedSample({ data, stride }: Samples, channel: number, noData: number | null): Float32Array {
  const pixels = data.length / stride;
  const step = Math.max(1, Math.floor(pixels / sampleCount));
  const values: number[] = [];
  for (let i = 0; i < pixels; i += step) {
    const value = data[i * stride + channel];
    if (Number.isFinite(value) && value !== noData) values.push(value);
  }
  return Float32Array.from(values).sort();
}

function toLevels(
  { data: samples, stride, channels, width, height }: Samples,
  ranges: readonly Range[],
  { noData }: DeepPlan['header'],
): Uint8Array {
  const pixels = width * height;
  const data = new Uint8Array(pixels * 3);
  for (let c = 0; c < 3; c++) {
    const channel = channels[c] ?? channels[0];
    const [black, white] = ranges[c] ?? ranges[0];
    const scale = 255 / (white - black);
    for (let i = 0; i < pixels; i++) {
      const value = samples[i * stride + channel];
      // NaN becomes black too.
      data[3 * i + c] = value === noData ? 0 : Math.max(0, Math.min(255, Math.round((value - black) * scale))) || 0;
    }
  }
  return data;
}

function noteOf(
  { bits, bands, kind }: DeepPlan['header'],
  shown: readonly number[],
  ranges: readonly Range[] | null,
): string {
  const what = bands > shown.length ? `, bands ${shown.join(', ')} of ${bands}` : '';
  const number = (value: number) => Number(value.toPrecision(6));
  const distinct = [...new Set((ranges ?? []).map(([black, white]) => `${number(black)} to ${number(white)}`))];
  const stretched = distinct.length === 0 ? '' : `, ${distinct.join('; ')} shown as black to white`;
  return `Read as ${bits}-bit ${kind} samples${what}${stretched}. Other values: the options range and bands.`;
}
