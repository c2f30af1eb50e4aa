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
      `${annotations} annotations: ${faulty} faulty, ${mended} mended, ${skipped} left alone because they changed meanwhile. ` +
        `Labeling config: ${config}.\n`,
    );
    const isRight = faulty === mended && crossed === 0 && config !== 'faulty';
    if (!isRight) terminal.out('Run it with --apply to mend what is faulty.\n');
    return isRight ? 0 : 1;
  },
});

/** The findings and changes of {@link repair}. */
interface RepairReport {
  readonly annotations: number;
  readonly faulty: number;
  readonly mended: number;
  /** Changed by somebody else meanwhile, and left for the next run. */
  readonly skipped: number;
  /** Of those mended: saved by somebody between the last read and the write. */
  readonly crossed: number;
  readonly config: 'right' | 'faulty' | 'mended';
}

/**
 * Annotations are changed first and the config last, because Label Studio refuses a config that stored annotations do
 * not fit. If the run is interrupted, another run continues.
 *
 * @throws UsageError; Problem if Label Studio cannot be reached or refuses
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
 * Reads the annotation directly before changing it, and leaves it alone if it differs from the listing (`changed`).
 * Label Studio has no conditional write. An annotation that is saved within that round trip is therefore overwritten;
 * its labeling time shows this (`crossed`).
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
