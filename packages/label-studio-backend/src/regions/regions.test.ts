import { area, type MaskRuns, runsFromMask } from '@clickmask/core';
import { polygonJson } from '@clickmask/core/formats';
import { difference, maskIou, rectRuns, union } from '@clickmask/core/masks';
import fc from 'fast-check';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { chooseOutput, type OutputKind, parseLabelingConfig, writeLabelingConfig } from '../labeling-config/index.js';
import { blackOnTransparentPng, type Region, type RegionOptions, regionId, writeRegions } from './index.js';

const size = { width: 200, height: 100 };

function write(mask: MaskRuns, output: OutputKind, options: RegionOptions = {}): Promise<Region[]> {
  const config = parseLabelingConfig(writeLabelingConfig({ labels: ['Cat'], output }));
  const control = chooseOutput(config, 'image', 'Cat', 'auto');
  const request = { id: 'first', control, toName: 'image', label: 'Cat', mask, score: 1.5, imageRotation: 0 };
  return writeRegions(request, options);
}

/** What the polygons of Label Studio cover, each one ring. */
function covered(regions: readonly Region[]): MaskRuns {
  const polygons = regions.map((region) => [
    (region.value.points as number[][]).map(([x, y]) => [(x / 100) * size.width, (y / 100) * size.height]),
  ]);
  return polygonJson.parse(polygons, { size });
}

const block = rectRuns(size, { x: 20, y: 20, width: 60, height: 60 });
const hole = rectRuns(size, { x: 40, y: 40, width: 20, height: 20 });
const island = rectRuns(size, { x: 120, y: 30, width: 30, height: 30 });

describe('polygon regions', () => {
  it('gives each part a region of its own, with stable ids, as children of the largest', async () => {
    const regions = await write(union(block, island), 'polygon');
    expect(regions).toHaveLength(2);
    expect(regions[0]).toMatchObject({ id: 'first', score: 1, meta: { text: ['part 1 of 2'] } });
    expect(regions[1]).toMatchObject({ parentID: 'first', meta: { text: ['part 2 of 2'] } });
    expect(await write(union(block, island), 'polygon')).toEqual(regions);
    expect(maskIou(covered(regions), union(block, island))).toBe(1);
  });

  it('fills holes and says so, or cuts them out by a slit', async () => {
    const ring = difference(block, hole);
    const filled = await write(ring, 'polygon');
    expect(filled[0].meta?.text.join()).toContain('1 hole of 400 px² filled');
    expect(maskIou(covered(filled), block)).toBe(1);
    const cut = await write(ring, 'polygon', { polygonHoles: 'cut' });
    expect(cut).toHaveLength(1);
    expect(cut[0].meta).toBeUndefined();
    expect(maskIou(covered(cut), ring)).toBe(1);
  });

  it('spends no points on holes that are filled', async () => {
    const disc = (cx: number, cy: number, radius: number) => {
      const data = Uint8Array.from({ length: size.width * size.height }, (_one, i) =>
        Math.hypot((i % size.width) - cx, Math.floor(i / size.width) - cy) < radius ? 1 : 0,
      );
      return runsFromMask({ ...size, data });
    };
    const whole = disc(100, 50, 48);
    const holed = [75, 100, 125].reduce((mask, x) => difference(mask, disc(x, 50, 11)), whole);
    const points = async (mask: MaskRuns) =>
      (await write(mask, 'polygon', { polygonDetail: 1, polygonMaxPoints: 60 }))[0].value.points;
    expect(await points(holed)).toEqual(await points(whole));
  });

  it('says that holes too small to be cut out are filled', async () => {
    const pinhole = rectRuns(size, { x: 40, y: 40, width: 3, height: 3 });
    for (const polygonHoles of ['fill', 'cut'] as const) {
      const [region] = await write(difference(block, pinhole), 'polygon', { polygonHoles });
      expect(region.meta?.text.join()).toContain('1 hole of 9 px² filled');
    }
  });

  it('cuts many holes without losing any', async () => {
    let mask = rectRuns(size, { x: 5, y: 5, width: 190, height: 90 });
    for (let i = 0; i < 12; i++)
      mask = difference(mask, rectRuns(size, { x: 12 + 15 * i, y: 20 + ((i * 17) % 40), width: 8, height: 22 }));
    const cut = await write(mask, 'polygon', { polygonHoles: 'cut', polygonMinPart: 0 });
    expect(maskIou(covered(cut), mask)).toBeGreaterThan(0.99);
  });

  it('stays within the image and the number of points', async () => {
    const pixels = fc.uint8Array({ minLength: 40 * 20, maxLength: 40 * 20 });
    await fc.assert(
      fc.asyncProperty(pixels, async (bytes) => {
        const mask = runsFromMask({ width: 40, height: 20, data: bytes.map((value) => (value > 90 ? 1 : 0)) });
        for (const region of await write(mask, 'polygon', { polygonMaxPoints: 60 })) {
          const points = region.value.points as number[][];
          expect(points.length).toBeGreaterThanOrEqual(3);
          expect(points.every(([x, y]) => x >= 0 && x <= 100 && y >= 0 && y <= 100)).toBe(true);
        }
      }),
      { numRuns: 30 },
    );
  });

  it('says how many small parts were left out', async () => {
    const speck = rectRuns(size, { x: 190, y: 90, width: 2, height: 2 });
    const regions = await write(union(block, speck), 'polygon');
    expect(regions).toHaveLength(1);
    expect(regions[0].meta?.text).toEqual(['1 small parts left out']);
  });
});

describe('bitmask regions', () => {
  it('are PNGs of black on transparent, pixel by pixel', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 40 }),
        fc.integer({ min: 1, max: 10 }),
        fc.infiniteStream(fc.nat(1)),
        async (width, height, bits) => {
          const data = Uint8Array.from({ length: width * height }, () => bits.next().value as number);
          const png = await blackOnTransparentPng(runsFromMask({ width, height, data }));
          const { data: pixels, info } = await sharp(png).ensureAlpha().raw().toBuffer({ resolveWithObject: true });
          expect([info.width, info.height]).toEqual([width, height]);
          for (let i = 0; i < data.length; i++) {
            expect([...pixels.subarray(4 * i, 4 * i + 4)]).toEqual([0, 0, 0, data[i] === 1 ? 255 : 0]);
          }
        },
      ),
      { numRuns: 30 },
    );
  });
});

describe('other regions', () => {
  it('gives the rectangle in percent, and nothing for an empty mask', async () => {
    const [region, twin] = await write(block, 'rectangle');
    expect(twin).toMatchObject({ type: 'labels', value: { labels: ['Cat'] } });
    expect(region.value).toMatchObject({ x: 10, y: 20, width: 30, height: 60, rotation: 0 });
    for (const output of ['brush', 'polygon', 'bitmask', 'rectangle'] as const) {
      expect(await write(difference(block, block), output)).toEqual([]);
    }
    expect(area(block)).toBe(3600);
  });

  it('makes ids of ten letters and digits that depend on every part', () => {
    expect(regionId('1', '7', 'Cat', 'a')).toMatch(/^[A-Za-z0-9]{10}$/);
    expect(regionId('1', '7', 'Cat', 'a')).toBe(regionId('1', '7', 'Cat', 'a'));
    expect(regionId('1', '7', undefined, 'a')).not.toBe(regionId('1', '7', 'a', undefined));
  });
});
