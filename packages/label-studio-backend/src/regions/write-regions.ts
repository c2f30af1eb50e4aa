import type { OutputKind } from '../labeling-config/index.js';
import { bitmaskRegions } from './bitmask.js';
import { brushRegions } from './brush.js';
import { polygonRegions } from './polygon.js';
import { rectangleRegions } from './rectangle.js';
import type { Region, RegionOptions, RegionRequest } from './region.js';

type Writer = (request: RegionRequest, options: RegionOptions) => Region[] | Promise<Region[]>;

/** One line per kind of output. */
const writers: Readonly<Record<OutputKind, Writer>> = {
  brush: brushRegions,
  polygon: polygonRegions,
  bitmask: bitmaskRegions,
  rectangle: rectangleRegions,
};

/**
 * Writes a mask as Label Studio regions of the control's kind. An empty mask gives no region.
 *
 * @example
 * ```ts
 * import { rectRuns } from '@clickmask/core/masks';
 * import { chooseOutput, parseLabelingConfig, writeRegions } from '@clickmask/label-studio-backend';
 *
 * const config = parseLabelingConfig(`<View>
 *   <Image name="image" value="$image"/>
 *   <RectangleLabels name="box" toName="image"><Label value="Cat"/></RectangleLabels>
 * </View>`);
 * const control = chooseOutput(config, 'image', 'Cat', 'auto');
 * const mask = rectRuns({ width: 100, height: 50 }, { x: 10, y: 10, width: 20, height: 25 });
 * const [region] = await writeRegions({
 *   id: 'cat0000001', control, toName: 'image', label: 'Cat', mask, score: 0.9, imageRotation: 0,
 * });
 * console.log(region.value.width, region.value.height); // 20 50
 * ```
 */
export async function writeRegions(request: RegionRequest, options: RegionOptions = {}): Promise<Region[]> {
  if (request.mask.spans.length === 0) return [];
  const regions = await writers[request.control.kind](request, options);
  const { control, label } = request;
  if (control.labelsFrom === undefined || label === undefined) return regions;
  // A bare tag has no labels: the label is a twin region of the `Labels` tag.
  return regions.flatMap((region) => {
    const { value, score, meta, parentID, ...frame } = region;
    const { rle, format, imageDataURL, ...geometry } = value;
    const twin = {
      ...frame,
      from_name: control.labelsFrom ?? '',
      type: 'labels',
      value: { ...geometry, labels: [label] },
    };
    return [region, twin];
  });
}
