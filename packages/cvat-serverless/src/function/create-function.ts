import { ClickmaskError, isClickmaskError } from '@clickmask/core';
import { adaptiveCascade, createRemoteSegmenter, createSegmenter, type Segmenter } from '@clickmask/core/node';
import { createInteractor, type Interactor } from '../interactor/index.js';
import { nameSettings } from './setting-names.js';
import type { FunctionSettings } from './settings.js';

/** Makes the interactor that a function's settings describe. */
export function createFunction(settings: FunctionSettings): Interactor {
  const { cacheMb, cascade } = settings;
  const bytes = cacheMb * 2 ** 20;
  return createInteractor({
    segmenter: () => openSegmenter(settings, bytes),
    reply: settings.reply,
    postprocess: settings.postprocess,
    refinement:
      cascade === undefined
        ? undefined
        : { cascade: cascade === 'auto' ? adaptiveCascade : { steps: cascade, settledPixels: null } },
    imageBytes: 0.3 * bytes,
    deadlineMs: settings.deadlineMs,
    streamFrom: settings.streamFrom,
    explain: nameSettings,
  });
}

/** Makes the segmenter. Errors name the function's settings. */
async function openSegmenter({ remote, ...settings }: FunctionSettings, bytes: number): Promise<Segmenter> {
  if (remote !== undefined) return createRemoteSegmenter(remote);
  try {
    return await createSegmenter({
      model: settings.model,
      provider: settings.provider,
      engine: settings.engine,
      threads: settings.threads,
      spin: settings.spin,
      workers: 1,
      // A frame of the largest accepted size must fit, or no click on it could be answered.
      budgets: { pixels: Math.max(0.4 * bytes, 3 * settings.maxPixels), features: 0.25 * bytes, states: 0.1 * bytes },
      limits: { maxPixels: settings.maxPixels },
      reading: settings.reading,
    });
  } catch (cause) {
    if (!isClickmaskError(cause)) throw cause;
    throw new ClickmaskError(cause.code, nameSettings(cause.message), { details: cause.details, cause });
  }
}
