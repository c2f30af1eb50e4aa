import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Segmenter, SegmenterImage } from '@clickmask/core';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { silentLogger } from '../diagnostics/index.js';
import { createSwitchingSegmenter, followModelInUse } from './index.js';

/** Stands for a segmenter: its masks tell which one made them; `release` lets its answers out. */
function standIn(model: string) {
  const opened: SegmenterImage[] = [];
  let release = () => {};
  let gate = Promise.resolve();
  let isClosed = false;
  const segmenter = {
    info: { model },
    async open(_source: unknown, options: { key?: string } = {}) {
      const image = { key: options.key ?? 'sha', width: 4, height: 3, close: async () => {} };
      opened.push(image);
      return image;
    },
    async segment(image: SegmenterImage) {
      if (isClosed) throw new Error('closed');
      if (!opened.includes(image)) throw new Error('an image of another segmenter');
      await gate;
      return { by: model };
    },
    stats: async () => ({ model }),
    close: async () => {
      isClosed = true;
    },
  };
  return {
    segmenter: segmenter as unknown as Segmenter,
    opened,
    hold() {
      gate = new Promise((resolve) => {
        release = resolve;
      });
    },
    release: () => release(),
    isClosed: () => isClosed,
  };
}

const picture = new Uint8Array(1);
const prompt = { clicks: [] };

describe('createSwitchingSegmenter', () => {
  it('answers clicks on open images by the new model', async () => {
    const [first, second] = [standIn('a 1'), standIn('b 2')];
    const segmenter = createSwitchingSegmenter(first.segmenter);
    const image = await segmenter.open(picture, { key: 'k' });
    expect(await segmenter.segment(image, prompt)).toEqual({ by: 'a 1' });
    segmenter.switchTo(second.segmenter);
    expect(segmenter.info.model).toBe('b 2');
    expect(await segmenter.segment(image, prompt)).toEqual({ by: 'b 2' });
    expect(await segmenter.segment(image, prompt)).toEqual({ by: 'b 2' });
    expect(second.opened).toMatchObject([{ key: 'k' }]);
    expect(first.isClosed()).toBe(true);
  });

  it('lets the former model end what it was asked', async () => {
    const [first, second] = [standIn('a 1'), standIn('b 2')];
    const segmenter = createSwitchingSegmenter(first.segmenter);
    const image = await segmenter.open(picture);
    first.hold();
    const late = segmenter.segment(image, prompt);
    await Promise.resolve();
    segmenter.switchTo(second.segmenter);
    expect(await segmenter.segment(image, prompt)).toEqual({ by: 'b 2' });
    expect(first.isClosed()).toBe(false);
    first.release();
    expect(await late).toEqual({ by: 'a 1' });
    await vi.waitFor(() => expect(first.isClosed()).toBe(true));
  });

  it('tries again where the new model could not open an image', async () => {
    const [first, second] = [standIn('a 1'), standIn('b 2')];
    const segmenter = createSwitchingSegmenter(first.segmenter);
    const image = await segmenter.open(picture);
    const open = vi.spyOn(second.segmenter, 'open').mockRejectedValueOnce(new Error('queue full'));
    segmenter.switchTo(second.segmenter);
    await expect(segmenter.segment(image, prompt)).rejects.toThrow('queue full');
    expect(await segmenter.segment(image, prompt)).toEqual({ by: 'b 2' });
    expect(open).toHaveBeenCalledTimes(2);
  });

  it('closes all that it was given', async () => {
    const [first, second] = [standIn('a 1'), standIn('b 2')];
    const segmenter = createSwitchingSegmenter(first.segmenter);
    const image = await segmenter.open(picture);
    first.hold();
    const late = segmenter.segment(image, prompt);
    await Promise.resolve();
    segmenter.switchTo(second.segmenter);
    await segmenter.close();
    first.release();
    await late;
    expect([first.isClosed(), second.isClosed()]).toEqual([true, true]);
  });
});

describe('followModelInUse', () => {
  let modelsFolder: string;
  beforeEach(() => {
    modelsFolder = mkdtempSync(join(tmpdir(), 'clickmask-in-use-'));
  });
  afterEach(() => rmSync(modelsFolder, { recursive: true }));

  it('loads what is chosen, goes back, and keeps what it has where that fails', async () => {
    const segmenter = createSwitchingSegmenter(standIn('clickmask-small').segmenter);
    const open = async (model: string) => {
      if (model === '/broken') throw new Error('no model there');
      return standIn(model).segmenter;
    };
    const error = vi.fn();
    const logger = { ...silentLogger, error };
    const end = followModelInUse(segmenter, { modelsFolder, open, logger, everyMs: 20 });
    const choose = (model: string) => writeFileSync(join(modelsFolder, '.in-use'), `${model}\n`);
    const runs = (model: string) => vi.waitFor(() => expect(segmenter.info.model).toBe(model), { timeout: 5000 });
    choose('/models/boards');
    await runs('/models/boards');
    choose('/broken');
    await vi.waitFor(() => expect(error).toHaveBeenCalledOnce(), { timeout: 5000 });
    expect(segmenter.info.model).toBe('/models/boards');
    choose('clickmask-small');
    await runs('clickmask-small');
    end();
    choose('/models/boards');
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(segmenter.info.model).toBe('clickmask-small');
  });
});
