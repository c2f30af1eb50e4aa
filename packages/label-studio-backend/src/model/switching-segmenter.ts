import type { ImageSource, OpenOptions, Segmenter, SegmenterImage } from '@clickmask/core';

/** A segmenter whose model can be replaced while people click. */
export interface SwitchingSegmenter extends Segmenter {
  /** Answers with `next` from now on. The former segmenter is closed once its running calls have ended. */
  switchTo(next: Segmenter): void;
}

/** A loaded model and the number of its running calls. */
interface Generation {
  readonly segmenter: Segmenter;
  calls: number;
  isFormer: boolean;
}

/** An image, with where it is open. */
interface Handle extends SegmenterImage {
  in(generation: Generation): Promise<SegmenterImage>;
}

/**
 * Forwards to the segmenter that it was given last. Images stay open across a switch: the next click on one opens it in
 * the new model. It closes the segmenters that it was given.
 */
export function createSwitchingSegmenter(first: Segmenter): SwitchingSegmenter {
  let current: Generation = { segmenter: first, calls: 0, isFormer: false };
  const former = new Set<Generation>();

  function closeIfIdle(generation: Generation): void {
    if (!generation.isFormer || generation.calls > 0 || !former.delete(generation)) return;
    // All its answers are out, so an error here concerns nobody.
    generation.segmenter.close().catch(() => {});
  }

  async function ask<T>(work: (generation: Generation) => Promise<T>): Promise<T> {
    const generation = current;
    generation.calls++;
    try {
      return await work(generation);
    } finally {
      generation.calls--;
      closeIfIdle(generation);
    }
  }

  return {
    get info() {
      return current.segmenter.info;
    },
    open: (source, options) => ask((generation) => openHandle(generation, source, options)),
    segment: (image, prompt, options) =>
      ask(async (generation) => generation.segmenter.segment(await (image as Handle).in(generation), prompt, options)),
    stats: () => current.segmenter.stats(),
    switchTo(next) {
      const before = current;
      current = { segmenter: next, calls: 0, isFormer: false };
      before.isFormer = true;
      former.add(before);
      closeIfIdle(before);
    },
    async close() {
      await Promise.all([current, ...former].map(({ segmenter }) => segmenter.close()));
    },
  };
}

async function openHandle(generation: Generation, source: ImageSource, options: OpenOptions = {}): Promise<Handle> {
  const first = await generation.segmenter.open(source, options);
  let place = { generation, image: Promise.resolve(first) };
  const { key, width, height } = first;
  return {
    key,
    width,
    height,
    in(wanted) {
      // A late answer of the former model must not replace the image.
      if (wanted !== place.generation && !wanted.isFormer) {
        const image = wanted.segmenter.open(source, { key });
        const moved = { generation: wanted, image };
        place = moved;
        // A failure is not kept: the next click tries again.
        image.catch(() => {
          if (place === moved) place = { generation, image: Promise.resolve(first) };
        });
      }
      return wanted === place.generation ? place.image : wanted.segmenter.open(source, { key });
    },
    close: async () => (await place.image).close(),
  };
}
