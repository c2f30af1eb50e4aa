import type { Features, LoadedModel, View } from '../models/index.js';
import { createByteLru } from './byte-lru.js';
import type { PictureStore } from './picture-store.js';

/** The model's features of views of images, within a byte budget. Missing ones are computed. */
export interface FeatureStore {
  readonly bytes: number;
  /** Number of computations. */
  readonly encodes: number;
  /** @throws ClickmaskError `image-not-loaded` if the needed pixels are not kept */
  get(key: string, view: View): Promise<Features>;
  /** Milliseconds of encoding since the last call. */
  takeEncodeMs(): number;
  forget(key: string): void;
  clear(): void;
}

/** @param budget - maximum bytes */
export function createFeatureStore(model: LoadedModel, pictures: PictureStore, budget: number): FeatureStore {
  const features = createByteLru<Features>(budget);
  let encodes = 0;
  let encodeMs = 0;
  return {
    get bytes() {
      return features.bytes;
    },
    get encodes() {
      return encodes;
    },
    async get(key, view) {
      const { roi, zoomed, mirrored } = view;
      const id = `${key}\n${roi.x},${roi.y},${roi.width},${roi.height},${zoomed},${mirrored}`;
      const known = features.get(id);
      if (known !== undefined) return known;
      const image = pictures.pixelsFor(key, view);
      const start = performance.now();
      const made = await model.encode(image, view, key);
      encodeMs += performance.now() - start;
      encodes += 1;
      features.set(id, made, made.bytes);
      return made;
    },
    takeEncodeMs() {
      const spent = encodeMs;
      encodeMs = 0;
      return spent;
    },
    forget: (key) => features.deletePrefix(`${key}\n`),
    clear: () => features.clear(),
  };
}
