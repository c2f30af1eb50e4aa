import { dispose, type Opener, type OpenPicture } from './opener.js';
import type { PictureSource } from './picture.js';

/** The image that is prepared in the background. Only one: more would push the present image out of the caches. */
export interface Ahead {
  /** Resolves once its features are there. */
  prefetch(name: string | object, source: PictureSource, key: string | undefined): Promise<void>;
  /** Hands it over; undefined if it was not prepared. */
  take(name: string | object): Promise<OpenPicture> | undefined;
  clear(): void;
}

export function createAhead(opener: Pick<Opener, 'load' | 'open'>): Ahead {
  const opening = new Map<string | object, Promise<OpenPicture>>();
  const clear = () => {
    for (const promise of opening.values()) promise.then(dispose, () => {});
    opening.clear();
  };
  const make = async (source: PictureSource, key: string | undefined) => {
    const opened = await opener.load(source, key);
    try {
      await opener.open(opened);
    } catch (error) {
      opened.picture.dispose();
      throw error;
    }
    return opened;
  };
  return {
    async prefetch(name, source, key) {
      if (opening.has(name)) return;
      const made = make(source, key);
      clear();
      opening.set(name, made);
      try {
        await made;
      } catch (error) {
        opening.delete(name);
        throw error;
      }
    },
    take(name) {
      const promise = opening.get(name);
      opening.delete(name);
      return promise;
    },
    clear,
  };
}
