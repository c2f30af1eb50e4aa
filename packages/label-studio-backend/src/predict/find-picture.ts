import { type ImageTag, type LabelingConfig, resolveValue } from '../labeling-config/index.js';
import { Problem } from '../problems/index.js';

/**
 * The address of a region's image, from the task data.
 *
 * @throws Problem `no-image-tag`, `picture-missing`
 */
export function findPicture(
  config: LabelingConfig,
  toName: string,
  itemIndex: number | undefined,
  data: Readonly<Record<string, unknown>> | null | undefined,
): { readonly tag: ImageTag; readonly value: string } {
  const tag = config.images.find((one) => one.name === toName) ?? (toName === '' ? config.images[0] : undefined);
  if (tag === undefined) {
    const names = config.images.map((one) => `"${one.name}"`).join(', ') || 'none';
    throw new Problem(
      'no-image-tag',
      `Expected an Image tag named "${toName.slice(0, 80)}" in the labeling config but found ${names}.`,
    );
  }
  let value = resolveValue(tag.value.trim(), data ?? {});
  if (Array.isArray(value)) value = value[itemIndex ?? 0];
  if (typeof value !== 'string' || value.trim() === '') {
    const keys = Object.keys(data ?? {}).slice(0, 10);
    const found = keys.length === 0 ? 'no data' : `the keys ${keys.map((key) => key.slice(0, 40)).join(', ')}`;
    throw new Problem(
      'picture-missing',
      `Expected the address of an image under "${tag.value}" in the task but found ${found}.`,
    );
  }
  return { tag, value };
}
