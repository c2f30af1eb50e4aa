import { expectInteger, expectKnown, expectNumber, unexpected } from '../errors/index.js';
import { publishedZoomIn, type RefinementOptions, type ResolvedRefinement } from './options.js';

/**
 * Applies a caller's refinement options over a model's defaults.
 *
 * @throws ClickmaskError `bad-option` for a value out of range
 */
export function resolveRefinement(options: RefinementOptions, defaults: ResolvedRefinement): ResolvedRefinement {
  expectKnown('bad-option', 'refinement', options, Object.keys(parts));
  checkPart('cascade', options.cascade);
  checkPart('zoomIn', options.zoomIn);
  checkPart('progressiveMerge', options.progressiveMerge);
  const cascade =
    options.cascade === 'off' ? { ...defaults.cascade, steps: 0 } : overlay(defaults.cascade, options.cascade);
  expectInteger('bad-option', 'cascade.steps', cascade.steps, 0, 20);
  if (cascade.settledPixels !== null) expectInteger('bad-option', 'cascade.settledPixels', cascade.settledPixels, 0);
  if (cascade.clicks !== 'first' && cascade.clicks !== 'every') {
    throw unexpected('bad-option', 'cascade.clicks', "'first' or 'every'", cascade.clicks);
  }
  const zoomIn =
    options.zoomIn === 'off'
      ? null
      : options.zoomIn === undefined
        ? defaults.zoomIn
        : overlay({ ...publishedZoomIn, ...defaults.zoomIn }, options.zoomIn);
  if (zoomIn !== null) {
    expectInteger('bad-option', 'zoomIn.skipClicks', zoomIn.skipClicks, -1);
    expectNumber('bad-option', 'zoomIn.expansion', zoomIn.expansion, 1, 10);
    expectInteger('bad-option', 'zoomIn.minSize', zoomIn.minSize, 1);
    expectNumber('bad-option', 'zoomIn.keepIou', zoomIn.keepIou, 0, 1);
    expectNumber('bad-option', 'zoomIn.threshold', zoomIn.threshold, 0, 1);
    expectNumber('bad-option', 'zoomIn.largestShare', zoomIn.largestShare ?? 1, 0, 1);
    if (zoomIn.anySizeFrom != null) expectInteger('bad-option', 'zoomIn.anySizeFrom', zoomIn.anySizeFrom, 1);
    if (zoomIn.whenEmpty !== undefined && zoomIn.whenEmpty !== 'whole' && zoomIn.whenEmpty !== 'as-released') {
      throw unexpected('bad-option', 'zoomIn.whenEmpty', "'whole' or 'as-released'", zoomIn.whenEmpty);
    }
  }
  const flip = options.flip ?? defaults.flip;
  if (typeof flip !== 'boolean') throw unexpected('bad-option', 'flip', 'true or false', flip);
  const merge = options.progressiveMerge ?? defaults.progressiveMerge ?? 'off';
  if (merge === 'off') return { cascade, zoomIn, flip };
  const { whenUnchanged } = merge;
  if (whenUnchanged !== 'keep' && whenUnchanged !== 'as-released') {
    throw unexpected('bad-option', 'progressiveMerge.whenUnchanged', "'keep' or 'as-released'", whenUnchanged);
  }
  return { cascade, zoomIn, flip, progressiveMerge: { whenUnchanged } };
}

/** The known options, nested ones included. */
const parts = {
  cascade: ['steps', 'settledPixels', 'clicks'],
  zoomIn: Object.keys(publishedZoomIn),
  flip: [],
  progressiveMerge: ['whenUnchanged'],
};

function checkPart(name: keyof typeof parts, part: unknown): void {
  if (part === undefined || part === 'off') return;
  if (typeof part === 'object' && part !== null) expectKnown('bad-option', name, part, parts[name]);
  else throw unexpected('bad-option', name, "an object of options, or 'off'", part);
}

/** Copies fields over a base. An undefined field keeps the base's value. */
function overlay<T extends object>(base: T, over: Partial<T> | undefined): T {
  const given = Object.entries(over ?? {}).filter(([, value]) => value !== undefined);
  return { ...base, ...Object.fromEntries(given) };
}
