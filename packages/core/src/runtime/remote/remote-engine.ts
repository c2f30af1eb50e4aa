import { ClickmaskError } from '../../errors/index.js';
import type { Engine } from '../../segmenter/index.js';
import { createSegmenterClient, type ServerAddress } from './client.js';

/** An engine on a server: every click is one small request. */
export async function createRemoteEngine(server: ServerAddress): Promise<Engine> {
  const client = createSegmenterClient(server);
  const { features: _, workers: __, ...info } = await client.info();
  /** The server names images by their content. */
  const names = new Map<string, string>();
  const nameOf = (key: string) => {
    const name = names.get(key);
    if (name === undefined) throw new ClickmaskError('image-not-loaded', `The image '${key}' was not sent yet.`);
    return name;
  };
  return {
    info: { ...info, provider: 'remote' },
    async load(key, source) {
      const { key: name, width, height } = await client.addImage(source);
      names.set(key, name);
      return { width, height };
    },
    async prepare() {
      // The server prepares an image when it receives it.
    },
    async segment(request) {
      const prediction = await client.segment({ ...request, key: nameOf(request.key) });
      return { ...prediction, provider: 'remote' };
    },
    features: (key, view) => client.features(nameOf(key), view),
    async forget(key) {
      names.delete(key);
    },
    async stats() {
      return { images: names.size, pixelBytes: 0, featureBytes: 0, stateBytes: 0, encodes: 0, predictions: 0 };
    },
    async dispose() {
      names.clear();
    },
  };
}
