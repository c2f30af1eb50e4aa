import { expect, test } from 'vitest';
import { createSegmenter } from './create-segmenter.js';

interface Step {
  readonly click: readonly [column: number, row: number, label: 'positive' | 'negative'] | null;
  readonly area: number;
}
interface Case {
  readonly title: string;
  readonly model: string;
  readonly box?: readonly [number, number, number, number];
  readonly steps: readonly Step[];
}

const folder = '/packages/core/test/published/';
const createWorker = () => new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });

// What Node compares in full with the authors' predictors is asked for again in a browser: areas, click by click.
test.each(['fcanet', 'sam', 'sam2', 'segnext'])('%s answers in a browser as it does elsewhere', async (name) => {
  const { cases } = (await (await fetch(`${folder}golden/${name}.json`)).json()) as { readonly cases: readonly Case[] };
  const photo = new Uint8Array(await (await fetch(`${folder}golden/photo.png`)).arrayBuffer());
  for (const { title, model, box, steps } of cases.filter((test) => test.title !== 'structural integrity')) {
    const segmenter = await createSegmenter({
      worker: createWorker,
      model: `${folder}models/${model}/`,
      provider: 'wasm',
    });
    const image = await segmenter.open(photo, { prepare: true });
    const clicks: { x: number; y: number; label: 'positive' | 'negative' }[] = [];
    for (const step of steps.slice(0, 5)) {
      if (step.click !== null) {
        const [column, row, label] = step.click;
        clicks.push({ x: column + 0.5, y: row + 0.5, label });
      }
      const drawn = box === undefined ? {} : { box: { x1: box[0], y1: box[1], x2: box[2], y2: box[3] } };
      const postprocess = { structuralIntegrity: 'off' } as const;
      const { area } = await segmenter.segment(image, { clicks, ...drawn }, { postprocess });
      expect(Math.abs(area - step.area), `${title}, click ${clicks.length}`).toBeLessThanOrEqual(step.area / 1000 + 2);
    }
    await segmenter.close();
  }
});
