import { bounds } from '@clickmask/core';
import { labelValue, type Region, type RegionRequest, regionFrame } from './region.js';

/** The smallest upright rectangle around the mask, in percent. */
export function rectangleRegions(request: RegionRequest): Region[] {
  const { width, height } = request.mask;
  const box = bounds(request.mask);
  if (box === null) return [];
  return [
    {
      id: request.id,
      ...regionFrame(request),
      value: {
        x: (box.x / width) * 100,
        y: (box.y / height) * 100,
        width: (box.width / width) * 100,
        height: (box.height / height) * 100,
        rotation: 0,
        ...labelValue(request),
      },
    },
  ];
}
