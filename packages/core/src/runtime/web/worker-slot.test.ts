import { afterEach, describe, expect, it } from 'vitest';
import { codeOf, fakeEngine, picture } from '../../../test/support/fake-model.js';
import { ClickmaskError, type ErrorDetails } from '../../errors/index.js';
import { createHost, serveEngine } from '../../host/index.js';
import type { Segmenter } from '../../segmenter/index.js';
import type { EngineSettings } from './load-engine.js';
import { webPort } from './web-port.js';
import type { StartMessage } from './worker.js';
import { webWorkerSlot } from './worker-slot.js';

const clicks = [{ x: 4, y: 4, label: 'positive' as const }];

/** Stands in for a Web Worker: an engine on the GPU that fails, or on the processor that does not. */
class FakeWorker {
  terminated = false;
  onerror: ((event: { readonly message: string }) => void) | null = null;
  onmessage = null;

  readonly details: ErrorDetails;

  constructor(details: ErrorDetails) {
    this.details = details;
  }

  postMessage({ settings, port }: StartMessage) {
    const onGpu = settings.provider === 'auto';
    const engine = fakeEngine();
    const { details } = this;
    void serveEngine(webPort(port), async () => ({
      ...engine,
      info: { ...engine.info, provider: onGpu ? 'webgpu' : 'wasm' },
      async segment(request) {
        if (onGpu) throw new ClickmaskError('backend-failed', 'failed', { details });
        return engine.segment(request);
      },
    }));
  }

  terminate() {
    this.terminated = true;
  }
}

let host: Segmenter | null = null;
afterEach(async () => {
  await host?.close();
  host = null;
});

async function setUp(details: ErrorDetails = {}) {
  const workers: FakeWorker[] = [];
  const fallbacks: unknown[] = [];
  const slot = webWorkerSlot({
    settings: { provider: 'auto' } as EngineSettings,
    createWorker() {
      const made = new FakeWorker(details);
      workers.push(made);
      return made as unknown as Worker;
    },
    onFallback: (fallback) => fallbacks.push(fallback),
    gpuPatienceMs: 60_000,
  });
  host = await createHost({ slots: [slot] });
  return { workers, fallbacks, host };
}

describe('webWorkerSlot', () => {
  it('moves to the processor where the GPU fails', async () => {
    const { host, fallbacks, workers } = await setUp();
    const image = await host.open(picture(8, 8));
    expect(await host.segment(image, { clicks })).toMatchObject({ width: 8 });
    expect(fallbacks).toHaveLength(1);
    expect(workers.map(({ terminated }) => terminated)).toEqual([true, false]);
  });

  it('stays on the GPU where it was the server that failed', async () => {
    const { host, fallbacks, workers } = await setUp({ server: 'https://labels.example.org/' });
    const image = await host.open(picture(8, 8));
    expect(await codeOf(host.segment(image, { clicks }))).toBe('backend-failed');
    expect(fallbacks).toEqual([]);
    expect(workers).toHaveLength(1);
  });

  it('ends a worker whose script failed before it starts the next', async () => {
    const { host, workers } = await setUp();
    workers[0].onerror?.({ message: 'thrown' });
    await host.open(picture(8, 8));
    expect(workers.map(({ terminated }) => terminated)).toEqual([true, false]);
  });
});
