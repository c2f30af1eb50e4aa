import type { Size } from '../../geometry/index.js';
import { roundHalfEven } from '../../refinement/index.js';

/** How large the network's input is. */
export type InputSizePolicy =
  | { readonly kind: 'fixed'; readonly size: Size }
  | {
      readonly kind: 'longest';
      /** Longer side of a zoomed region, in input px. */
      readonly zoomed: number;
      /** Greatest longer side of the whole image as it is, in input px; null: the image's own size. */
      readonly whole: number | null;
    };

/** The input's size for a region; the aspect ratio is kept where the network leaves the sizes open. */
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
