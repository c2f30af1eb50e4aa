import { defineCommand, UsageError, type Values } from '@clickmask/core/adapters';
import { createLabelStudioClient, type LabelStudioAnnotation, type LabelStudioClient } from '../client/index.js';
import { annotationsOf, type ConfigRepair, planConfigRepair, repairResult } from '../repair/index.js';
import { labelStudioOptions } from './shared-options.js';

const options = {
  ...labelStudioOptions,
  apply: { type: 'switch', help: 'Changes annotations and labeling config.' },
} as const;

export const repairCommand = defineCommand({
  name: 'repair',
  summary:
    'Repairs a project with wrong exports, where click tools have their own labels. Shows what it would do; --apply does it.',
  options,
  examples: [
    'clickmask-label-studio repair --url http://localhost:8080 --token … --project 1',
    'clickmask-label-studio repair --project 1 --apply',
  ],
  async run({ values }, terminal) {
    const report = await repair(values, (line) => terminal.out(`${line}\n`));
    const { annotations, faulty, mended, skipped, crossed, config } = report;
    terminal.out(
      `${annotations} annotations: ${faulty} faulty, ${mended} mended, ${skipped} left, since they changed meanwhile. ` +
        `Labeling config: ${config}.\n`,
    );
    const isRight = faulty === mended && crossed === 0 && config !== 'faulty';
    if (!isRight) terminal.out('Run it with --apply to mend what is faulty.\n');
    return isRight ? 0 : 1;
  },
});

/** What {@link repair} found and did. */
interface RepairReport {
  readonly annotations: number;
  readonly faulty: number;
  readonly mended: number;
  /** Changed by somebody else meanwhile, and left to the next run. */
  readonly skipped: number;
  /** Of those mended: saved by somebody between the last look at them and the change. */
  readonly crossed: number;
  readonly config: 'right' | 'faulty' | 'mended';
}

/**
 * Annotations go first and the config last, since Label Studio takes no config that stored annotations do not fit. Stopped
 * half-way, another run goes on where it was.
 *
 * @throws UsageError; Problem where Label Studio cannot be reached, or refuses
 */
async function repair(
  { project, url, token, apply }: Values<typeof options>,
  say: (line: string) => void,
): Promise<RepairReport> {
  const client = createLabelStudioClient({ url, token });
  const { label_config: xml } = await client.project(project);
  const plan = planConfigRepair(xml);
  let [annotations, faulty, mended, skipped, crossed] = [0, 0, 0, 0, 0];
  for await (const { task, annotation } of annotationsOf(client, project)) {
    annotations++;
    const result = repairResult(annotation.result, plan);
    if (result === undefined) continue;
    faulty++;
    if (!apply) say(`would mend annotation ${annotation.id} of task ${task}: ${change(annotation, result)}`);
    else {
      const how = await mend(client, annotation, plan);
      if (how === 'changed') skipped++;
      else mended++;
      if (how === 'crossed') {
        crossed++;
        say(
          `annotation ${annotation.id} of task ${task} was saved by somebody in the same moment: look whether it is right`,
        );
      }
    }
    if (apply && faulty % 50 === 0) say(`${mended} annotations mended`);
  }
  const isFaulty = plan.xml !== xml;
  if (isFaulty && !apply) say(`would change the labeling config to:\n${plan.xml}`);
  const changes = isFaulty && apply && skipped === 0;
  if (changes) {
    const now = await client.project(project);
    if (now.label_config !== xml) throw new UsageError('Expected the labeling config to stay as it was; run it again.');
    await client.changeLabelConfig(project, plan.xml);
  }
  return { annotations, faulty, mended, skipped, crossed, config: changes ? 'mended' : isFaulty ? 'faulty' : 'right' };
}

/**
 * Reads the annotation directly before it is changed, and leaves one that is no longer as it was listed (`changed`). Label
 * Studio has no conditional write, so one that is saved within that round trip is overwritten; its time of labeling tells
 * (`crossed`).
 */
async function mend(
  client: LabelStudioClient,
  listed: LabelStudioAnnotation,
  plan: ConfigRepair,
): Promise<'mended' | 'changed' | 'crossed'> {
  const fresh = await client.annotation(listed.id);
  if (JSON.stringify(fresh.result) !== JSON.stringify(listed.result)) return 'changed';
  const result = repairResult(fresh.result, plan);
  if (result === undefined) return 'mended';
  const stored = await client.changeAnnotation(listed.id, result);
  return stored.lead_time === fresh.lead_time ? 'mended' : 'crossed';
}

const change = ({ result }: LabelStudioAnnotation, mended: readonly unknown[]) =>
  `${result.length} items become ${mended.length}`;
