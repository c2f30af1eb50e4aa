// A segmenter for tests of the widget alone: a disc around each positive click, minus a disc around each negative one,
// on top of the starting mask and the box. Candidates are discs of other sizes.
const radii = [40, 20, 70];

export function fakeSegmenter({ delay = 0, failing = () => null } = {}) {
  const calls = [];
  const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
  const runsOf = (data, width, height) => {
    const rows = new Uint32Array(height + 1);
    const spans = [];
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        if (data[y * width + x] === 0) continue;
        const start = x;
        while (x < width && data[y * width + x] === 1) x++;
        spans.push(start, x);
      }
      rows[y + 1] = spans.length / 2;
    }
    return { width, height, rows, spans: Uint32Array.from(spans) };
  };
  const segmenter = {
    calls,
    closed: false,
    opened: 0,
    open_images: new Set(),
    info: {
      model: 'fake 1',
      family: 'fake',
      licence: 'none',
      provider: 'wasm',
      workers: 0,
      threads: 1,
      capabilities: { previousMask: true, box: true, candidates: 3 },
    },
    async open(source, options = {}) {
      const bitmap = source instanceof Uint8Array ? await createImageBitmap(new Blob([source])) : source;
      const { width, height } = bitmap;
      bitmap.close?.();
      segmenter.opened++;
      await wait(delay);
      const image = {
        key: options.key ?? `picture-${segmenter.opened}`,
        width,
        height,
        close: async () => void segmenter.open_images.delete(image),
      };
      segmenter.open_images.add(image);
      return image;
    },
    async segment(image, prompt, options = {}) {
      // Readings are asked for by the widget itself, some time after a click.
      if (!options.session?.endsWith('-readings')) calls.push({ prompt, options });
      await wait(delay);
      const error = failing(calls.length);
      if (error !== null) throw error;
      const { width, height } = image;
      const data = new Uint8Array(width * height);
      if (prompt.mask !== undefined) {
        const { rows, spans } = prompt.mask;
        for (let y = 0; y < height; y++) {
          for (let i = rows[y]; i < rows[y + 1]; i++)
            data.fill(1, y * width + spans[2 * i], y * width + spans[2 * i + 1]);
        }
      }
      if (prompt.box !== undefined) {
        const { x1, y1, x2, y2 } = prompt.box;
        for (let y = Math.ceil(Math.min(y1, y2)); y < Math.max(y1, y2); y++) {
          data.fill(1, y * width + Math.ceil(Math.min(x1, x2)), y * width + Math.floor(Math.max(x1, x2)));
        }
      }
      const candidate = options.candidate ?? 0;
      for (const { x, y, label } of prompt.clicks ?? []) {
        const radius = radii[candidate === 'best' ? 0 : candidate];
        for (let row = Math.max(0, Math.floor(y - radius)); row < Math.min(height, y + radius); row++) {
          for (let column = Math.max(0, Math.floor(x - radius)); column < Math.min(width, x + radius); column++) {
            if (Math.hypot(column + 0.5 - x, row + 0.5 - y) <= radius)
              data[row * width + column] = label === 'positive' ? 1 : 0;
          }
        }
      }
      const runs = runsOf(data, width, height);
      return {
        width,
        height,
        runs,
        area: 0,
        bbox: null,
        score: 0.9,
        candidate: candidate === 'best' ? 0 : candidate,
        candidates: [
          { index: 0, score: 0.9 },
          { index: 1, score: 0.7 },
          { index: 2, score: 0.5 },
        ],
        changedPixels: 1,
        refinement: { steps: 0, changedPixels: [], settled: false, complete: true, roi: null, flip: false },
        notes: [],
        provider: 'wasm',
        model: 'fake 1',
        timings: { decode: 0, encode: 0, predict: 0, postprocess: 0, network: 0, total: 0 },
      };
    },
    stats: async () => ({}),
    async close() {
      segmenter.closed = true;
    },
  };
  return segmenter;
}

globalThis.makeFake = fakeSegmenter;
globalThis.fakes = [];
globalThis.fakeSegmenter = async () => {
  const made = fakeSegmenter(globalThis.fakeOptions);
  globalThis.fakes.push(made);
  return made;
};
