import type { Size } from '../../geometry/index.js';
import { roundHalfEven } from '../../refinement/index.js';

/** The size of the network's input. */
export type InputSizePolicy =
  | { readonly kind: 'fixed'; readonly size: Size }
  | {
      readonly kind: 'longest';
      /** Longer side of a zoomed region, in input px. */
      readonly zoomed: number;
      /** Maximum longer side of the whole image, in input px; null for the image's own size. */
      readonly whole: number | null;
    };

/** The input size for a region. The aspect ratio is kept if the graph leaves the sizes open. */
export function inputSize(region: Size, zoomed: boolean, policy: InputSizePolicy): Size {
  if (policy.kind === 'fixed') return policy.size;
  const longest = Math.max(region.width, region.height);
  const target = zoomed ? policy.zoomed : Math.min(longest, policy.whole ?? longest);
  const scale = target / longest;
  return {
    width: Math.max(1, roundHalfEven(region.width * scale)),
    height: Math.max(1, roundHalfEven(region.height * scale)),
  };
}
