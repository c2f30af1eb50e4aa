import type { MaskRuns, Size } from '@clickmask/core';
import { labelMapToPng, maskToPng } from '@clickmask/core/formats';

const type = 'image/png';

/** A mask as a PNG: 8-bit grey, 255 on the object and 0 around it. */
export async function maskPng(runs: MaskRuns): Promise<Blob> {
  return new Blob([await maskToPng(runs)], { type });
}

/**
 * Several masks as one PNG: 8-bit grey, 0 where there is no object. Where masks overlap, the later one is on top.
 *
 * @param layers - the value of each mask's pixels, 1 to 255
 */
export async function labelMapPng(
  size: Size,
  layers: readonly { readonly runs: MaskRuns; readonly value: number }[],
): Promise<Blob> {
  return new Blob([await labelMapToPng(size, layers)], { type });
}
