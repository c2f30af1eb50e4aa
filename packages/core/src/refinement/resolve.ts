import { expectInteger, expectNumber, unexpected } from '../errors/index.js';
import { publishedZoomIn, type RefinementOptions, type ResolvedRefinement } from './options.js';

/**
 * Lays a caller's refinement options over a model's defaults.
 *
 * @throws ClickmaskError `bad-option` for a value out of range
 */
export function resolveRefinement(options: RefinementOptions, defaults: ResolvedRefinement): ResolvedRefinement {
  const cascade =
    options.cascade === 'off' ? { ...defaults.cascade, steps: 0 } : { ...defaults.cascade, ...options.cascade };
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
        : { ...(defaults.zoomIn ?? publishedZoomIn), ...options.zoomIn };
  if (zoomIn !== null) {
    expectInteger('bad-option', 'zoomIn.skipClicks', zoomIn.skipClicks, -1);
    expectNumber('bad-option', 'zoomIn.expansion', zoomIn.expansion, 1, 10);
    expectInteger('bad-option', 'zoomIn.minSize', zoomIn.minSize, 1);
    expectNumber('bad-option', 'zoomIn.keepIou', zoomIn.keepIou, 0, 1);
    expectNumber('bad-option', 'zoomIn.threshold', zoomIn.threshold, 0, 1);
  }
  return { cascade, zoomIn, flip: options.flip ?? defaults.flip };
}
