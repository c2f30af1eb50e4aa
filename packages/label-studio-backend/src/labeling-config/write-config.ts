import { ClickmaskError } from '@clickmask/core';
import type { OutputKind } from './choose-output.js';

/** What {@link writeLabelingConfig} is told. */
export interface WriteConfigOptions {
  /** Label values, at least one. */
  readonly labels: readonly string[];
  /** What the backend answers with. Default `brush`. */
  readonly output?: OutputKind;
  /** Name of the picture in the task data. Default `image`. */
  readonly variable?: string;
  /** Adds a second keypoint tag whose clicks are negative, for those who have no Alt key at hand. Default false. */
  readonly negativeTool?: boolean;
}

const tagNames: Readonly<Record<OutputKind, string>> = {
  brush: 'BrushLabels',
  polygon: 'PolygonLabels',
  bitmask: 'BitmaskLabels',
  rectangle: 'RectangleLabels',
};

const colours = ['#d73027', '#4575b4', '#1a9850', '#fdae61', '#984ea3', '#00a6a6', '#a65628', '#f781bf'];

/**
 * A labeling config that works with this backend: keypoints and boxes as smart tools, and one output tag with the same
 * labels.
 *
 * @throws ClickmaskError `bad-option` without labels
 *
 * @example
 * ```ts
 * import { writeLabelingConfig } from '@clickmask/label-studio-backend';
 *
 * const xml = writeLabelingConfig({ labels: ['Cat', 'Dog'], output: 'polygon' });
 * console.log(xml.includes('<PolygonLabels name="mask" toName="image" smart="false"')); // true
 * ```
 */
export function writeLabelingConfig(options: WriteConfigOptions): string {
  const { output = 'brush', variable = 'image', negativeTool = false } = options;
  const labels = [...new Set(options.labels.map((label) => label.trim()).filter((label) => label !== ''))];
  if (labels.length === 0) {
    throw new ClickmaskError(
      'bad-option',
      'Expected at least one label but received none. Name them: --labels Cat,Dog.',
    );
  }
  const control = (tag: string, name: string, attributes: string) =>
    [
      `  <${tag} name="${name}" toName="image" ${attributes}>`,
      ...labels.map(
        (label, i) => `    <Label value="${escapeXml(label)}" background="${colours[i % colours.length]}"/>`,
      ),
      `  </${tag}>`,
    ].join('\n');
  const smoothing = output === 'bitmask' ? ' smoothing="false"' : '';
  return [
    '<View>',
    `  <Image name="image" value="$${escapeXml(variable)}" zoom="true"${smoothing}/>`,
    control(tagNames[output], 'mask', 'smart="false"'),
    control('KeyPointLabels', 'click', 'smartOnly="true"'),
    ...(negativeTool ? [control('KeyPointLabels', 'click-negative', 'smartOnly="true"')] : []),
    control('RectangleLabels', 'box', 'smartOnly="true"'),
    '</View>',
    '',
  ].join('\n');
}

function escapeXml(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;').replace(/"/g, '&quot;');
}
