import { ClickmaskError } from '../../errors/index.js';
import type { RgbImage } from '../../image/index.js';
import type { LoadedModel } from '../../models/index.js';
import type { DecodeImage, Engine, ImageSource } from '../../segmenter/index.js';
import { createSegmenterClient, type ServerAddress } from './client.js';

/** The graph whose work the server does in split mode. */
export const encoderGraph = 'encoder';

/** The parts of an engine whose features come from a server. */
export interface SplitParts {
  /** The model, encoding on the server and decoding here. */
  wrapModel(model: LoadedModel): LoadedModel;
  /** The decoder of pictures, watched to know which pixels belong to which picture. */
  wrapDecoder(decode: DecodeImage): DecodeImage;
  /** The engine, sending each picture to the server once. */
  wrapEngine(engine: Engine): Engine;
}

/**
 * Split mode: the image encoder runs on a server, once per region; clicks are decoded here, so that a click, a preview
 * and every step of refinement cost no network. Server and client must run the same model.
 *
 * @throws ClickmaskError `bad-model` where the server runs another model, `backend-unavailable`
 */
export async function createSplitParts(server: ServerAddress, model: string): Promise<SplitParts> {
  const client = createSegmenterClient(server);
  const info = await client.info();
  if (!info.features) {
    throw new ClickmaskError('bad-option', `The server at ${server.url} gives no features. Use mode 'remote'.`);
  }
  if (info.model !== model) {
    const message = `Expected the server to run ${model}, the model used here, but it runs ${info.model}. Give both the same model.`;
    throw new ClickmaskError('bad-model', message);
  }
  const sources = new Map<string, ImageSource>();
  const keys = new WeakMap<RgbImage, string>();
  const sent = new Map<string, Promise<string>>();
  let loading: string | null = null;

  const send = (key: string): Promise<string> => {
    let name = sent.get(key);
    if (name === undefined) {
      const source = sources.get(key);
      if (source === undefined) throw new ClickmaskError('image-not-loaded', `The picture '${key}' is not loaded.`);
      name = client.addImage(source).then((added) => added.key);
      sent.set(key, name);
      name.catch(() => sent.delete(key));
    }
    return name;
  };

  return {
    wrapModel: (local) => ({
      ...local,
      async encode(image, view) {
        const key = keys.get(image);
        if (key === undefined) throw new ClickmaskError('internal', 'The pixels belong to no picture that was loaded.');
        try {
          return await client.features(await send(key), view);
        } catch (error) {
          if (!(error instanceof ClickmaskError) || error.code !== 'image-not-loaded') throw error;
          // The server has forgotten the picture.
          sent.delete(key);
          return client.features(await send(key), view);
        }
      },
    }),
    wrapDecoder: (decode) => async (bytes, maxPixels, shrink) => {
      const key = loading;
      const image = await decode(bytes, maxPixels, shrink);
      if (key !== null) keys.set(image, key);
      return image;
    },
    wrapEngine: (engine) => ({
      ...engine,
      async load(key, source, detail) {
        // Calls come one after another, so that the picture being decoded is this one.
        loading = key;
        const before = sources.get(key);
        sources.set(key, source);
        if (!(source instanceof Uint8Array)) keys.set(source, key);
        // Sent while it is decoded here; what goes wrong is told by the first click.
        send(key).catch(() => {});
        try {
          return await engine.load(key, source, detail);
        } catch (error) {
          if (before !== undefined) sources.set(key, before);
          else {
            sources.delete(key);
            sent.delete(key);
          }
          throw error;
        } finally {
          loading = null;
        }
      },
      async forget(key) {
        sources.delete(key);
        sent.delete(key);
        await engine.forget(key);
      },
    }),
  };
}
