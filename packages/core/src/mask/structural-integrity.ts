import { type Click, clickPixel } from '../clicks/click.js';
import { unexpected } from '../errors/index.js';
import type { Connectivity } from './checks.js';
import { connectedComponents, selectComponents } from './components.js';
import { emptyRuns, type MaskRuns, runAt } from './mask-runs.js';

/** Options of {@link keepClickedParts}. */
export interface StructuralIntegrityOptions {
  /**
   * Which pixels are connected: 8 as in the paper, 4 as in its released code.
   *
   * @defaultValue 8
   */
  readonly connectivity?: Connectivity;
  /**
   * What to do if no positive click lies on the mask. 'empty' is the published rule; 'keep' leaves the mask unchanged,
   * so that a near miss does not lose everything.
   *
   * @defaultValue 'keep'
   */
  readonly whenNoneHit?: 'keep' | 'empty';
}

/**
 * Structural integrity strategy of FCA-Net (Lin et al., Interactive Image Segmentation with First Click Attention, CVPR
 * 2020): keeps the connected parts of the mask that hold a positive click, and drops the rest as noise. The pixel of a
 * click is the floor of its coordinates, clamped to the image. Negative clicks have no effect.
 *
 * @param clicks - in image px
 * @throws ClickmaskError `bad-option`
 */
export function keepClickedParts(
  runs: MaskRuns,
  clicks: readonly Click[],
  options: StructuralIntegrityOptions = {},
): MaskRuns {
  const { connectivity = 8, whenNoneHit = 'keep' } = options;
  if (whenNoneHit !== 'keep' && whenNoneHit !== 'empty') {
    throw unexpected('bad-option', 'whenNoneHit', "'keep' or 'empty'", whenNoneHit);
  }
  const components = connectedComponents(runs, connectivity);
  const kept = new Uint8Array(components.count);
  let isHit = false;
  for (const click of clicks) {
    if (click.label !== 'positive') continue;
    const { column, row } = clickPixel(click, runs);
    const run = runAt(runs, column, row);
    if (run < 0) continue;
    kept[components.labels[run]] = 1;
    isHit = true;
  }
  if (isHit) return selectComponents(runs, components, kept);
  return whenNoneHit === 'empty' ? emptyRuns(runs) : runs;
}
