import { ClickmaskError } from '@clickmask/core';
import type { OutputKind } from './choose-output.js';

/** Options of {@link writeLabelingConfig}. */
export interface WriteConfigOptions {
  /** Label values, at least one. */
  readonly labels: readonly string[];
  /** The kind of region in answers. Default `brush`. */
  readonly output?: OutputKind;
  /** Name of the image in the task data. Default `image`. */
  readonly variable?: string;
  /** Adds a second click tool for negative clicks, for people without an Alt key at hand. Default false. */
  readonly negativeTool?: boolean;
  /** Adds a box tool. Default true. */
  readonly boxTool?: boolean;
}

/**
 * Writes a labeling config that works with this backend and whose exports from Label Studio are all correct: smart
 * clicks and boxes, one output tag, and labels.
 *
 * Label Studio also writes the click tool's label into the accepted region, and each of its exporters mishandles that
 * in its own way. Each kind of region therefore has its own form of config. The README lists them.
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
  const { output = 'brush', variable = 'image' } = options;
  const labels = [...new Set(options.labels.map((label) => label.trim()).filter((label) => label !== ''))];
  if (labels.length === 0) {
    throw new ClickmaskError(
      'bad-option',
      'Expected at least one label but received none. Name them: --labels Cat,Dog.',
    );
  }
  const smoothing = output === 'bitmask' ? ' smoothing="false"' : '';
  return [
    '<View>',
    `  <Image name="image" value="$${escapeXml(variable)}" zoom="true"${smoothing}/>`,
    ...forms[output](labelRows(labels), options).map((line) => `  ${line}`),
    '</View>',
    '',
  ].join('\n');
}

type Form = (labels: readonly string[], options: WriteConfigOptions) => string[];

/**
 * How each kind of output is written. Label Studio's exporters look for the exact spelling of a tag, while the editor
 * accepts any. A prompt tag in lower case therefore works in the editor and is ignored by the exporters.
 */
const forms: Readonly<Record<OutputKind, Form>> = {
  // The brush exports ignore a second item of an unknown type, but read an item of `Labels` as a second mask.
  brush: (labels, options) => [
    ...labelled('BrushLabels', 'name="mask" toName="image" smart="false"', labels),
    ...shownForClicks(prompts(options).flatMap(([tag, rest]) => labelled(`${tag}labels`, rest, labels))),
  ],
  // COCO and YOLO need `PolygonLabels`; clicks take their label from `Labels`.
  polygon: (labels, options) => [
    ...shownForClicks(labelled('Labels', 'name="label" toName="image"', labels)),
    ...labelled('PolygonLabels', 'name="mask" toName="image" smart="false"', labels),
    ...barePrompts(options),
  ],
  // One row of labels for clicks and regions.
  rectangle: (labels, options) => [
    ...labelled('Labels', 'name="label" toName="image"', labels),
    '<Rectangle name="mask" toName="image" smart="false"/>',
    ...barePrompts(options),
  ],
  bitmask: (labels, options) => [
    ...labelled('Labels', 'name="label" toName="image"', labels),
    '<Bitmask name="mask" toName="image" smart="false"/>',
    ...barePrompts(options),
  ],
};

/** These rows are hidden while a region is selected, so that a single row is left for changing its label. */
const shownForClicks = (rows: readonly string[]) => [
  '<View visibleWhen="no-region-selected">',
  ...rows.map((row) => `  ${row}`),
  '</View>',
];

/** The click tools: tag name and attributes. */
function prompts({ negativeTool = false, boxTool = true }: WriteConfigOptions): (readonly [string, string])[] {
  const smart = 'toName="image" smart="true" smartOnly="true"';
  return [
    ['keypoint', `name="click" ${smart}`],
    ...(negativeTool ? [['keypoint', `name="click-negative" ${smart} polarity="negative"`] as const] : []),
    ...(boxTool ? [['rectangle', `name="box" ${smart}`] as const] : []),
  ];
}

const barePrompts = (options: WriteConfigOptions) => prompts(options).map(([tag, rest]) => `<${tag} ${rest}/>`);

function labelled(tag: string, attributes: string, labels: readonly string[]): string[] {
  return [`<${tag} ${attributes}>`, ...labels.map((label) => `  ${label}`), `</${tag}>`];
}

const colours = ['#d73027', '#4575b4', '#1a9850', '#fdae61', '#984ea3', '#00a6a6', '#a65628', '#f781bf'];

function labelRows(labels: readonly string[]): string[] {
  return labels.map((label, i) => `<Label value="${escapeXml(label)}" background="${colours[i % colours.length]}"/>`);
}

/** A text as it stands in the value of an attribute. */
export function escapeXml(text: string): string {
  return (
    text
      .replace(/&/g, '&amp;')
      .replace(/</g, '&lt;')
      .replace(/>/g, '&gt;')
      .replace(/"/g, '&quot;')
      // XML would read a line break in an attribute as a space.
      .replace(/[\t\n\r]/g, (c) => `&#${c.charCodeAt(0)};`)
  );
}
