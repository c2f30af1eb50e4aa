import { ClickmaskError, withoutSecrets } from '../../errors/index.js';
import type { LoadedModel } from '../../models/index.js';
import type { Engine, ImageSource } from '../../segmenter/index.js';
import { createSegmenterClient, type ServerAddress } from './client.js';

/** The graph that runs on the server in split mode. */
export const encoderGraph = 'encoder';

/** The parts of an engine whose features come from a server. */
export interface SplitParts {
  /** The model: encodes on the server and decodes here. */
  wrapModel(model: LoadedModel): LoadedModel;
  /** The engine. It sends each image to the server once. */
  wrapEngine(engine: Engine): Engine;
}

/**
 * Split mode: the image encoder runs on a server, once per region, and clicks are decoded here. A click, a preview and
 * every step of refinement then need no network. Server and client must have the same model.
 *
 * @throws ClickmaskError `bad-model` if the server has another model; `backend-unavailable`
 */
export async function createSplitParts(server: ServerAddress, model: string): Promise<SplitParts> {
  const client = createSegmenterClient(server);
  const info = await client.info();
  if (!info.features) {
    throw new ClickmaskError(
      'bad-option',
      `The server at ${withoutSecrets(server.url)} gives no features. Use mode 'remote'.`,
    );
  }
  if (info.model !== model) {
    const message = `Expected the server to run ${model}, the model used here, but it runs ${info.model}. Give both the same model.`;
    throw new ClickmaskError('bad-model', message);
  }
  const sources = new Map<string, ImageSource>();
  const sent = new Map<string, Promise<string>>();

  const send = (key: string): Promise<string> => {
    let name = sent.get(key);
    if (name === undefined) {
      const source = sources.get(key);
      if (source === undefined) throw new ClickmaskError('image-not-loaded', `The image '${key}' is not loaded.`);
      name = client.addImage(source).then((added) => added.key);
      sent.set(key, name);
      name.catch(() => sent.delete(key));
    }
    return name;
  };

  return {
    wrapModel: (local) => ({
      ...local,
      async encode(_image, view, key) {
        try {
          return await client.features(await send(key), view);
        } catch (error) {
          if (!(error instanceof ClickmaskError) || error.code !== 'image-not-loaded') throw error;
          // The server has forgotten the image.
          sent.delete(key);
          return client.features(await send(key), view);
        }
      },
    }),
    wrapEngine: (engine) => ({
      ...engine,
      async load(key, source, shrink) {
        const before = sources.get(key);
        sources.set(key, source);
        // Sent while it is decoded here. The first click reports a failure.
        send(key).catch(() => {});
        try {
          return await engine.load(key, source, shrink);
        } catch (error) {
          if (before !== undefined) sources.set(key, before);
          else {
            sources.delete(key);
            sent.delete(key);
          }
          throw error;
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
