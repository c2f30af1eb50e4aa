import { defineCommand, type Values, withoutSecrets } from '@clickmask/core/adapters';
import {
  createLabelStudioClient,
  type LabelStudioClient,
  type LabelStudioTask,
  withoutCredentials,
} from '../client/index.js';
import {
  type ConfigLabel,
  chooseOutput,
  findLabel,
  type LabelingConfig,
  parseLabelingConfig,
} from '../labeling-config/index.js';
import { reasons, toProblem } from '../problems/index.js';
import { isRecord, negatedLabel, usualForms } from '../prompts/index.js';
import { annotationsOf, planConfigRepair, repairResult } from '../repair/index.js';
import { checkEngine } from './check-engine.js';
import { engineOf, engineOptions, labelStudioOptions } from './shared-options.js';

const options = {
  ...labelStudioOptions,
  task: { type: 'whole', min: 1, help: 'Task to click on. Default: the first one.' },
  ...engineOptions,
  model: { type: 'text', value: 'NAME|DIR', help: 'Model that the engine should hold.', env: ['CLICKMASK_MODEL'] },
  all: {
    type: 'switch',
    help: 'Clicks on a sample of tasks (the first, the last, some in between) and lists those that fail.',
  },
  sample: { type: 'whole', help: 'Number of tasks for --all; 0 for every one.', default: 20 },
  json: { type: 'switch', help: 'Prints the checks as JSON.' },
} as const;

export const doctorCommand = defineCommand({
  name: 'doctor',
  summary: 'Checks a Label Studio project end to end, with a real click, and says what to fix.',
  options,
  examples: [
    'clickmask-label-studio doctor --url http://localhost:8080 --token … --project 1',
    'clickmask-label-studio doctor --project 1 --engine grpc://triton:8001',
    'clickmask-label-studio doctor --project 1 --all --sample 50',
    'clickmask-label-studio doctor --project 1 --json',
  ],
  async run({ values }, terminal) {
    const findings = await doctor(values, terminal.env, (finding) => {
      if (!values.json) terminal.out(printed(finding));
    });
    if (values.json) terminal.out(`${JSON.stringify({ findings }, null, 2)}\n`);
    return findings.some((finding) => finding.result === 'bad') ? 1 : 0;
  },
});

const marks = { good: '✔', warning: '!', bad: '✖', skipped: '-' } as const;

function printed({ check, result, detail, fix }: Finding): string {
  return `${marks[result]} ${check}: ${detail}\n${fix === undefined ? '' : `    ${fix}\n`}`;
}

/** One check. It is `skipped` if an earlier check failed that it depends on. */
interface Finding {
  readonly check: string;
  readonly result: 'good' | 'warning' | 'bad' | 'skipped';
  readonly detail: string;
  readonly fix?: string;
}

async function doctor(
  values: Values<typeof options>,
  env: NodeJS.ProcessEnv,
  report: (finding: Finding) => void,
): Promise<readonly Finding[]> {
  const { project, url, token, task: wanted } = values;
  const client = createLabelStudioClient({ url, token });
  const findings: Finding[] = [];
  const say = (finding: Finding) => {
    findings.push(finding);
    report(finding);
  };
  /** Runs a check. A failure becomes a finding, and the result is undefined. */
  const check = async <T>(name: string, work: () => Promise<{ value: T; detail: string; warning?: string }>) => {
    try {
      const { value, detail, warning } = await work();
      say({ check: name, result: warning === undefined ? 'good' : 'warning', detail, fix: warning });
      return value;
    } catch (error) {
      const problem = toProblem(error);
      const said = problem.cause instanceof Failed ? problem.cause : undefined;
      say({
        check: name,
        result: 'bad',
        detail: said?.message ?? problem.message,
        fix: said?.fix ?? reasons[problem.reason].advice,
      });
      return undefined;
    }
  };
  const skip = (...names: string[]) => {
    for (const name of names) say({ check: name, result: 'skipped', detail: 'not checked, because of the above' });
  };

  const engine = engineOf(values, env);
  if (engine !== undefined) await check('inference server', () => checkEngine(engine, values.model));
  const version = await check('Label Studio answers', async () => {
    const value = await client.version();
    return { value, detail: `version ${value} at ${withoutSecrets(client.url)}` };
  });
  if (version === undefined) {
    skip('token', 'project', 'labeling config', 'exports', 'backend', 'task', 'smart click');
    return findings;
  }
  const user = await check('token', async () => {
    const value = await client.whoami();
    return { value, detail: `${client.tokens.kind} token of ${value}` };
  });
  if (user === undefined) {
    skip('project', 'labeling config', 'exports', 'backend', 'task', 'smart click');
    return findings;
  }
  const found = await check('project', async () => {
    const value = await client.project(project);
    return { value, detail: `"${value.title ?? ''}", ${value.task_number ?? 0} tasks` };
  });
  if (found === undefined) {
    skip('labeling config', 'exports', 'backend', 'task', 'smart click');
    return findings;
  }
  const config = await check('labeling config', async () => checkConfig(found.label_config));
  if (config === undefined) skip('exports');
  else await check('exports', async () => checkExports(client, project, found.label_config));
  const backend = await check('backend', async () => checkBackend(client, project));
  const task = await check('task', async () => {
    const [first] = await client.tasksAfter(project, wanted === undefined ? 0 : wanted - 1, 1);
    if (first === undefined || (wanted !== undefined && first.id !== wanted)) {
      throw new Failed('there is no such task', 'Import an image into the project.');
    }
    return { value: first, detail: `number ${first.id}` };
  });
  if (config === undefined || backend === undefined || task === undefined) skip('smart click');
  else await check('smart click', () => clickMiddle(client, backend, task, found.label_config));
  if (values.all) {
    if (config === undefined || backend === undefined || task === undefined) skip('pictures');
    else {
      const places = sampleOf(found.task_number ?? 0, values.sample);
      await check('pictures', () =>
        clickSample(client, project, places, (one) => clickMiddle(client, backend, one, found.label_config)),
      );
    }
  }
  return findings;
}

/**
 * The first task, the last, and random ones between them, one from each equal stretch. All tasks if the sample is 0.
 */
export function sampleOf(count: number, size: number, random: () => number = Math.random): readonly number[] {
  if (size === 0 || count <= size) return Array.from({ length: count }, (_, i) => i);
  if (size === 1) return [0];
  const inner = size - 2;
  const stretch = (count - 2) / Math.max(1, inner);
  const between = Array.from({ length: inner }, (_, i) => 1 + Math.floor((i + random()) * stretch));
  return [0, ...between, count - 1];
}

const mostListed = 20;

/** Clicks on each task's image, and reports which fail and why. */
async function clickSample(
  client: LabelStudioClient,
  project: number,
  places: readonly number[],
  click: (task: LabelStudioTask) => Promise<unknown>,
) {
  const failed: string[] = [];
  for (const place of places) {
    const task = await client.taskAt(project, place);
    if (task === undefined) continue;
    try {
      await click(task);
    } catch (error) {
      failed.push(`task ${task.id}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  const count = `${places.length - failed.length} of ${places.length} tasks that were tried work`;
  if (failed.length === 0) return { value: true, detail: count };
  const more = failed.length > mostListed ? [`and ${failed.length - mostListed} more`] : [];
  throw new Failed(
    [count, ...failed.slice(0, mostListed), ...more].join('\n    '),
    'See /diagnostics of the backend for the advice that goes with each.',
  );
}

class Failed extends Error {
  readonly fix: string;
  constructor(message: string, fix: string) {
    super(message);
    this.fix = fix;
  }
}

interface ClickTool {
  readonly name: string;
  readonly type: string;
  readonly toName: string;
  readonly label?: string;
  readonly labelsFrom?: string;
}

/** @param data - the task's data; a `<Repeater>` and labels from the task depend on it */
function checkConfig(xml: string, data?: LabelStudioTask['data']) {
  const config: LabelingConfig = parseLabelingConfig(xml, data);
  const printed = '`clickmask-label-studio config --labels …` prints one that works.';
  if (config.images.length === 0) throw new Failed('there is no Image tag', printed);
  const prompts = config.controls.filter((one) => one.smart && (one.kind === 'keypoint' || one.kind === 'rectangle'));
  const tool = prompts.find((one) => one.kind === 'keypoint' && !one.negative) ?? prompts[0];
  if (tool === undefined) {
    throw new Failed(
      'there is no keypoint or rectangle tag to click with',
      `Add <KeyPointLabels smartOnly="true">. ${printed}`,
    );
  }
  const toName = tool.toName[0] ?? '';
  const label = tool.labels.find((one) => !one.negative)?.value;
  const output = chooseOutput(config, toName, label, 'auto');
  const missing = tool.labels.filter((one) => !one.negative && findLabel(output, one.value) === undefined);
  const warning =
    missing.length > 0 && output.labels.length !== 1
      ? `Add to "${output.name}" the labels ${missing.map((one) => one.value).join(', ')}, which "${tool.name}" has: their regions come back without a label.`
      : undefined;
  const value: ClickTool = { name: tool.name, type: tool.type, toName, label, labelsFrom: tool.labelsFrom };
  return { value, detail: `clicks with "${tool.name}" become ${output.type} "${output.name}"`, warning };
}

/** Keeps the check to seconds in a project of a million annotations. */
const mostAnnotations = 2000;

/** Finds what breaks Label Studio's exports, and labels whose names contradict the config. */
async function checkExports(client: LabelStudioClient, project: number, xml: string) {
  const plan = planConfigRepair(xml);
  const isConfigFaulty = plan.xml !== xml;
  let [annotations, faulty] = [0, 0];
  for await (const { annotation } of annotationsOf(client, project)) {
    annotations++;
    if (repairResult(annotation.result, plan) !== undefined) faulty++;
    if (annotations === mostAnnotations) break;
  }
  const where = [
    ...(isConfigFaulty ? ['the click tools of the labeling config have labels of their own'] : []),
    ...(faulty > 0 ? [`${faulty} of ${annotations} annotations have items of the click tools beside their masks`] : []),
  ];
  const repairable = where.length > 0;
  const config = parseLabelingConfig(xml);
  const sayings = config.controls.flatMap(({ labels }) => labels.flatMap((label) => labelRemark(label, labels)));
  const warnings = [
    ...(repairable
      ? [
          `${plan.spoiled.join(', ')} lose classes, come out empty or answer 500. \`clickmask-label-studio repair\` shows ` +
            'what has to change, and mends it with --apply.',
        ]
      : []),
    ...new Set(sayings),
  ];
  return {
    value: true,
    detail: repairable ? where.join('; ') : 'nothing in the labeling config and annotations breaks them',
    warning: warnings.length === 0 ? undefined : warnings.slice(0, 5).join(' '),
  };
}

function labelRemark(label: ConfigLabel, all: readonly ConfigLabel[]): string[] {
  const negated = usualForms
    .map((form) => negatedLabel(label.value, form))
    .find((name) => name !== undefined && all.some((one) => one.names.includes(name.toLowerCase())));
  if (negated !== undefined && !label.negative) {
    return [
      `"${label.value}" counts as a class of its own. If its clicks mean "not ${negated}", give it polarity="negative", or ` +
        'start the backend with --negative-label.',
    ];
  }
  if (label.negative && negated === undefined) {
    return [`"${label.value}" is marked as negative: its clicks take away, and no region gets it as its class.`];
  }
  return [];
}

async function checkBackend(client: LabelStudioClient, project: number) {
  const all = await client.mlBackends(project);
  const connect = '`clickmask-label-studio connect` does that.';
  if (all.length === 0) throw new Failed('no ML backend is registered', `Register it. ${connect}`);
  const first = all.find((one) => one.is_interactive);
  if (first === undefined) {
    throw new Failed('no ML backend is set to interactive', `Switch interactive preannotations on. ${connect}`);
  }
  if (first.state !== 'CO') {
    throw new Failed(
      `${withoutSecrets(first.url)} is not connected: ${withoutCredentials(first.error_message ?? `state ${first.state ?? 'unknown'}`)}`,
      'Start the backend, and check that Label Studio reaches that address: inside Docker, localhost is the container itself.',
    );
  }
  const others = all.filter((one) => one.is_interactive && one.id !== first.id);
  const warning =
    others.length > 0
      ? `Only the first of ${others.length + 1} interactive backends is asked: number ${first.id}, ${withoutSecrets(first.url)}.`
      : undefined;
  return {
    value: first.id,
    detail: `${withoutSecrets(first.url)} is connected, model ${first.model_version ?? 'unknown'}`,
    warning,
  };
}

/** The request that the editor would send for a click in the middle of the image. */
async function clickMiddle(client: LabelStudioClient, backend: number, task: LabelStudioTask, xml: string) {
  const { value: tool } = checkConfig(xml, task.data);
  const isBox = tool.type.startsWith('rectangle');
  const label = tool.label === undefined || tool.labelsFrom !== undefined ? {} : { [tool.type]: [tool.label] };
  const region = {
    id: 'clickmask-doctor',
    type: tool.type,
    from_name: tool.name,
    to_name: tool.toName,
    image_rotation: 0,
    ...(isBox ? {} : { is_positive: true }),
    value: isBox
      ? { x: 25, y: 25, width: 50, height: 50, rotation: 0, ...label }
      : { x: 50, y: 50, width: 0.3, ...label },
  };
  // For a bare tool, the label is in a separate item of the Labels tag.
  const twin = {
    ...region,
    type: 'labels',
    from_name: tool.labelsFrom,
    value: { ...region.value, labels: [tool.label] },
  };
  const isBare = tool.labelsFrom !== undefined && tool.label !== undefined;
  const started = performance.now();
  const answer = await client.interactive(backend, task.id, { result: isBare ? [region, twin] : [region] });
  const ms = Math.round(performance.now() - started);
  if (answer.errors !== undefined && answer.errors.length > 0) throw readErrors(answer.errors);
  const result = isRecord(answer.data) && Array.isArray(answer.data.result) ? answer.data.result : undefined;
  if (result === undefined) {
    throw new Failed('the answer has no result', 'Look at /diagnostics of the backend, or into its log.');
  }
  const outcome = isRecord(answer.data) && isRecord(answer.data.clickmask) ? String(answer.data.clickmask.outcome) : '';
  const warning =
    result.length === 0 ? (Object.hasOwn(reasons, outcome) ? reasons[outcome as 'ok'].advice : undefined) : undefined;
  return { value: true, detail: `${result.length} region in ${ms} ms`, warning: warning || undefined };
}

/** Of the backend's answer, Label Studio passes on only the status line. */
function readErrors(errors: readonly unknown[]): Failed {
  const text = withoutCredentials(errors.map(String).join(' '));
  const [, code, message] = /Error: ([a-z-]+): (.*?)(?: for url: .*)?$/s.exec(text) ?? [];
  const advice = code !== undefined && Object.hasOwn(reasons, code) ? reasons[code as 'ok'].advice : '';
  return new Failed(message ?? text.slice(0, 500), advice || 'Look at /diagnostics of the backend, or into its log.');
}
