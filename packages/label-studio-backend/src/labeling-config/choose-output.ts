import { Problem } from '../problems/index.js';
import { type Control, findLabel, type LabelingConfig } from './labeling-config.js';

/** The kinds of region that can hold a mask or its outline. */
export type OutputKind = 'brush' | 'polygon' | 'bitmask' | 'rectangle';

/**
 * The kinds of output, the most exact first.
 *
 * @example
 * ```ts
 * import { outputKinds } from '@clickmask/label-studio-backend';
 *
 * console.log(outputKinds.join(', ')); // brush, bitmask, polygon, rectangle
 * ```
 */
export const outputKinds: readonly OutputKind[] = ['brush', 'bitmask', 'polygon', 'rectangle'];

/**
 * Chooses the control that receives the answer.
 *
 * Only controls of the clicked image count. Preferred are controls that know the label, then controls that are not
 * prompt tools (`smart="false"`), then the most exact kind. A rectangle that is only for prompts (`smartOnly`) is never
 * an output.
 *
 * @throws Problem `no-output-tag`
 *
 * @example
 * ```ts
 * import { chooseOutput, parseLabelingConfig, writeLabelingConfig } from '@clickmask/label-studio-backend';
 *
 * const config = parseLabelingConfig(writeLabelingConfig({ labels: ['Cat'], output: 'polygon' }));
 * console.log(chooseOutput(config, 'image', 'Cat', 'auto').type); // polygonlabels
 * ```
 */
export function chooseOutput(
  config: LabelingConfig,
  toName: string,
  label: string | undefined,
  kind: OutputKind | 'auto',
): Control & { readonly kind: OutputKind } {
  const candidates = config.controls.filter(
    (control): control is Control & { kind: OutputKind } =>
      control.kind !== 'keypoint' &&
      (kind === 'auto' || control.kind === kind) &&
      control.toName.includes(toName) &&
      !(control.kind === 'rectangle' && control.smartOnly),
  );
  const cost = (control: Control & { kind: OutputKind }) =>
    (label === undefined || findLabel(control, label) !== undefined ? 0 : 100) +
    (control.smart ? 10 : 0) +
    outputKinds.indexOf(control.kind);
  const best = candidates.sort((a, b) => cost(a) - cost(b))[0];
  if (best !== undefined) return best;
  const wanted = kind === 'auto' ? 'a brush, polygon, bitmask or rectangle tag' : `a ${kind} tag`;
  const present = config.controls.map((control) => `${control.type} "${control.name}"`).join(', ') || 'no control';
  throw new Problem(
    'no-output-tag',
    `Expected ${wanted} with toName="${toName}" in the labeling config but found ${present}.`,
  );
}
