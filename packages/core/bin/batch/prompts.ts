import type { LabeledObject } from '../../src/datasets.js';
import { nextClick } from '../../src/evaluation/index.js';
import { cocoRle } from '../../src/formats/coco-rle.js';
import { emptyRuns, maskFromRuns } from '../../src/mask/index.js';
import type { Box, Click, MaskRuns, Prompt } from '../../src/node.js';

/** The prompt for one object of an image. */
export interface ObjectPrompt {
  readonly className: string;
  /** Distinguishes it from the image's other objects. */
  readonly id?: string;
  readonly clicks: readonly Click[];
  readonly box?: Box;
  /** A mask to start from, as compressed COCO RLE, because thousands of them may wait in memory. */
  readonly mask?: { readonly size: readonly [number, number]; readonly counts: string };
  readonly isCrowd?: boolean;
}

/** All prompts of an image, in their original order. */
export interface PicturePrompts {
  /** A path or an address, as in the prompts file. */
  readonly picture: string;
  readonly objects: readonly ObjectPrompt[];
}

/** What to do with an object whose box or mask is known. */
export type PromptUse = 'auto' | 'boxes' | 'masks';

/** An object of a data set as a prompt: its mask to refine, or its bounding box. */
export function promptFromObject({ runs, className, id, isCrowd }: LabeledObject, use: PromptUse): ObjectPrompt {
  const common = {
    className,
    clicks: [],
    ...(id === undefined ? {} : { id }),
    ...(isCrowd === true ? { isCrowd } : {}),
  };
  if (use === 'boxes') {
    const box = boxOf(runs);
    return box === null ? common : { ...common, box };
  }
  const { size, counts } = cocoRle.serialize(runs);
  return { ...common, mask: { size: [size[0], size[1]], counts } };
}

function boxOf({ rows, spans, height }: MaskRuns): Box | null {
  let [x1, y1, x2, y2] = [Infinity, Infinity, -1, -1];
  for (let y = 0; y < height; y++) {
    for (let i = rows[y]; i < rows[y + 1]; i++) {
      x1 = Math.min(x1, spans[2 * i]);
      x2 = Math.max(x2, spans[2 * i + 1]);
      y1 = Math.min(y1, y);
      y2 = y + 1;
    }
  }
  return x2 < 0 ? null : { x1, y1, x2, y2 };
}

/** The prompt for a segmenter. A mask without clicks gets one at its widest place, where a person would click. */
export function toPrompt({ clicks, box, mask: kept }: ObjectPrompt): Prompt {
  const mask = kept === undefined ? undefined : cocoRle.parse(kept);
  if (mask === undefined || clicks.length > 0 || box !== undefined) return { clicks, box, mask };
  const click = nextClick(maskFromRuns(mask), emptyRuns(mask), []);
  return { clicks: click === null ? [] : [click], mask };
}

/** Collects prompts that are spread over files, by image and object. */
export interface PromptCollector {
  /** @param key - the same for all prompts of one object */
  add(picture: string, key: string, prompt: ObjectPrompt): void;
  readonly pictures: readonly PicturePrompts[];
}

export function createPromptCollector(): PromptCollector {
  const pictures = new Map<string, Map<string, ObjectPrompt>>();
  return {
    add(picture, key, prompt) {
      let objects = pictures.get(picture);
      if (objects === undefined) {
        objects = new Map();
        pictures.set(picture, objects);
      }
      const before = objects.get(key);
      objects.set(
        key,
        before === undefined ? prompt : { ...before, ...prompt, clicks: [...before.clicks, ...prompt.clicks] },
      );
    },
    get pictures() {
      return Array.from(pictures, ([picture, objects]) => ({ picture, objects: [...objects.values()] }));
    },
  };
}
