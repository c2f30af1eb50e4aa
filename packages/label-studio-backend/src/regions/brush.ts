import { encodeLabelStudioRle } from '@clickmask/core/formats';
import { labelValue, type Region, type RegionRequest, regionFrame } from './region.js';

/** A brush region: the run-length code of `@thi.ng/rle-pack` over RGBA, as a list of bytes. */
export function brushRegions(request: RegionRequest): Region[] {
  const rle = encodeLabelStudioRle(request.mask);
  return [
    {
      id: request.id,
      ...regionFrame(request),
      value: { format: 'rle', rle: Array.from(rle), ...labelValue(request) },
    },
  ];
}
