import { describe, expect, it } from 'vitest';
import { codeOf, picture } from '../../../test/support/fake-model.js';
import { createHost } from '../../host/index.js';
import type { EngineSettings } from './load-engine.js';
import { workerSlot } from './worker-slot.js';

const script = new URL('../../../test/fixtures/failing-worker.mjs', import.meta.url);
const slot = (way: string) => workerSlot({ provider: way } as unknown as EngineSettings, script);
const clicks = [{ x: 4, y: 4, label: 'positive' as const }];

describe('a worker that dies', () => {
  it.each(['exit', 'throw'])('while it works (%s) fails its request, and is replaced for the next', async (way) => {
    const host = await createHost({ slots: [slot(way)] });
    const image = await host.open(picture(8, 8));
    const [first, second] = await Promise.all([
      codeOf(host.segment(image, { clicks })),
      codeOf(host.segment(image, { clicks })),
    ]);
    expect([first, second]).toEqual(['worker-lost', 'worker-lost']);
    const again = await host.open(picture(8, 8));
    expect(again.width).toBe(8);
    expect(await codeOf(host.segment(image, { clicks }))).toBe('worker-lost');
    await host.close();
  });

  it('is replaced before anyone asks, also where the next one dies while it starts', async () => {
    const starts: string[] = [];
    const ways = ['exit', 'at once', 'at once', 'throw'];
    const host = await createHost({
      slots: [
        {
          start(onLost) {
            const way = ways.shift() ?? 'exit';
            starts.push(way);
            return slot(way).start(onLost);
          },
        },
      ],
    });
    const image = await host.open(picture(8, 8));
    expect(await codeOf(host.segment(image, { clicks }))).toBe('worker-lost');
    await expect.poll(() => starts, { timeout: 10_000 }).toEqual(['exit', 'at once', 'at once', 'throw']);
    expect((await host.open(picture(8, 8))).width).toBe(8);
    await host.close();
    expect(starts).toHaveLength(4);
  });

  it('before it is ready fails the start', async () => {
    expect(await codeOf(createHost({ slots: [slot('at once')] }))).toBe('worker-lost');
    expect(await codeOf(createHost({ slots: [workerSlot({} as EngineSettings, new URL('none.mjs', script))] }))).toBe(
      'worker-lost',
    );
  });
});
