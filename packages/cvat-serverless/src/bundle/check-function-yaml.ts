import { isMap, parseDocument } from 'yaml';
import { readFunctionSettings } from '../function/index.js';
import { errorText } from '../text/plain.js';

/** A fault, or possible fault, of a function's folder. */
export interface Finding {
  readonly level: 'error' | 'warning';
  /** Its place: a file, or a path into `function.yaml`. */
  readonly at: string;
  readonly message: string;
}

/** The parts of a `function.yaml` that are needed to run the function. */
export interface FunctionConfig {
  /** The function's id in nuclio and CVAT. */
  readonly name: string;
  /** The annotations that CVAT reads. */
  readonly annotations: Readonly<Record<string, string>>;
  readonly handler: string;
  readonly env: Readonly<Record<string, string>>;
  readonly buildCommands: readonly string[];
  readonly workers: number;
  readonly maxRequestBodySize: number;
  readonly eventTimeoutMs: number;
}

export interface FunctionYamlReport {
  readonly findings: readonly Finding[];
  /** Absent if the text is not YAML. */
  readonly config?: FunctionConfig;
}

/**
 * Checks a `function.yaml` for what nuclio and CVAT need, and for mistakes that make a deployed interactor invisible,
 * unusable or short-lived.
 *
 * @example
 * ```ts
 * import { checkFunctionYaml } from '@clickmask/cvat-serverless';
 *
 * const { findings } = checkFunctionYaml('metadata: {name: My_Function}\nspec: {}');
 * console.log(findings[0].at); // metadata.name
 * ```
 */
export function checkFunctionYaml(text: string): FunctionYamlReport {
  const document = parseDocument(text, { uniqueKeys: true });
  if (document.errors.length > 0 || !isMap(document.contents)) {
    const reason = document.errors[0]?.message.split('\n')[0] ?? 'it holds no keys';
    return { findings: [{ level: 'error', at: 'function.yaml', message: `Not valid YAML: ${reason}.` }] };
  }
  let root: unknown;
  try {
    root = document.toJS({ maxAliasCount: 100 });
  } catch (error) {
    return { findings: [{ level: 'error', at: 'function.yaml', message: `Not valid YAML: ${String(error)}.` }] };
  }
  const findings: Finding[] = [];
  const report = (level: Finding['level'], at: string, message: string): void =>
    void findings.push({ level, at, message });
  const metadata = mapAt(root, 'metadata');
  const spec = mapAt(root, 'spec');
  checkMetadata(metadata, report);
  const annotations = mapAt(metadata, 'annotations');
  checkAnnotations(annotations, report);
  const config = {
    name: String(metadata.name),
    annotations: Object.fromEntries(Object.entries(annotations).map(([key, value]) => [key, String(value)])),
    ...checkSpec(spec, report),
  };
  return { findings, config };
}

type Report = (level: Finding['level'], at: string, message: string) => void;
type Fields = Readonly<Record<string, unknown>>;

function mapAt(value: unknown, key: string): Fields {
  const found = (value as Fields | null | undefined)?.[key];
  return typeof found === 'object' && found !== null && !Array.isArray(found) ? (found as Fields) : {};
}

function checkMetadata(metadata: Fields, report: Report): void {
  const { name } = metadata;
  if (typeof name !== 'string' || !/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(name)) {
    report(
      'error',
      'metadata.name',
      `Expected 1 to 63 lower-case letters, digits and hyphens but found ${show(name)}.`,
    );
  }
}

function checkAnnotations(annotations: Fields, report: Report): void {
  const at = (key: string): string => `metadata.annotations.${key}`;
  const { type, version, spec } = annotations;
  if (type !== 'interactor') {
    report(
      'error',
      at('type'),
      `Expected interactor but found ${show(type)}: CVAT would not list it among the interactors.`,
    );
  }
  if (String(version) !== '2') {
    report(
      'error',
      at('version'),
      `Expected "2" but found ${show(version)}: the user interface refuses older interactors.`,
    );
  }
  for (const [key, min] of [
    ['min_pos_points', 0],
    ['min_neg_points', -1],
  ] as const) {
    const value = annotations[key];
    if (value !== undefined && !(Number.isInteger(Number(value)) && Number(value) >= min)) {
      report('error', at(key), `Expected a whole number from ${min} but found ${show(value)}.`);
    }
  }
  if (annotations.min_neg_points === undefined || Number(annotations.min_neg_points) < 0) {
    report('warning', at('min_neg_points'), 'Without "0" here clicks on the background are switched off.');
  }
  for (const key of ['startswith_box', 'startswith_box_optional']) {
    const value = annotations[key];
    if (value !== undefined && /^(false|no|off|0)$/i.test(String(value))) {
      report(
        'error',
        at(key),
        `${show(value)} counts as true in CVAT, as any text does. Remove the line to switch it off.`,
      );
    }
  }
  if (annotations.startswith_box !== undefined) {
    report(
      'warning',
      at('startswith_box'),
      'Every mask then must begin with a box. startswith_box_optional leaves the choice.',
    );
  }
  if (spec !== undefined && spec !== null && spec !== '') {
    let labels: unknown;
    try {
      labels = typeof spec === 'string' ? JSON.parse(spec) : spec;
    } catch {
      labels = null;
    }
    if (!Array.isArray(labels))
      report('error', at('spec'), 'Expected a JSON list of labels as text, "[]" for an interactor.');
  }
  for (const [key, value] of Object.entries(annotations)) {
    if (value !== null && typeof value === 'object') {
      report('error', at(key), 'Expected text: annotations hold nothing else.');
    }
  }
}

function checkSpec(spec: Fields, report: Report): Omit<FunctionConfig, 'name' | 'annotations'> {
  const { description, runtime, handler, eventTimeout } = spec;
  if (typeof description !== 'string' || description.trim() === '') {
    report('error', 'spec.description', 'Missing: CVAT then fails to list the functions.');
  }
  if (runtime !== 'nodejs') report('error', 'spec.runtime', `Expected nodejs but found ${show(runtime)}.`);
  if (typeof handler !== 'string' || !/^[\w./-]+:[A-Za-z_$][\w$]*$/.test(handler)) {
    report('error', 'spec.handler', `Expected file:export, such as main:handler, but found ${show(handler)}.`);
  }
  const seconds = eventTimeout === undefined ? undefined : duration(eventTimeout);
  if (eventTimeout !== undefined && seconds === null) {
    report('error', 'spec.eventTimeout', `Expected a duration such as 30s but found ${show(eventTimeout)}.`);
  } else if (typeof seconds === 'number' && seconds > 120) {
    report('warning', 'spec.eventTimeout', 'CVAT gives up after 120 s (30 s in older versions).');
  }
  const env = checkEnv(spec.env, report);
  const deadline = Number(env.CLICKMASK_DEADLINE_MS ?? 25_000);
  if (typeof seconds === 'number' && seconds * 1000 <= deadline) {
    const advice = 'nuclio then ends the worker instead of the function answering. Give CLICKMASK_DEADLINE_MS less.';
    report(
      'warning',
      'spec.eventTimeout',
      `${seconds} s is no more than the function's own deadline of ${deadline} ms: ${advice}`,
    );
  }
  const buildCommands = checkBuild(mapAt(spec, 'build'), report);
  const { workers, maxRequestBodySize } = checkTriggers(spec.triggers, report);
  const policy = mapAt(mapAt(mapAt(spec, 'platform'), 'attributes'), 'restartPolicy');
  if (policy.name === undefined || policy.name === 'no') {
    report(
      'warning',
      'spec.platform.attributes.restartPolicy',
      'Without it the function does not come back after a restart of the machine.',
    );
  }
  return {
    handler: typeof handler === 'string' ? handler : 'main:handler',
    env,
    buildCommands,
    workers,
    maxRequestBodySize,
    eventTimeoutMs: (seconds ?? 30) * 1000,
  };
}

function checkEnv(value: unknown, report: Report): Record<string, string> {
  const env: Record<string, string> = {};
  if (value !== undefined && value !== null && !Array.isArray(value)) {
    report('error', 'spec.env', 'Expected a list of {name, value}.');
    return env;
  }
  ((value ?? []) as unknown[]).forEach((entry, i) => {
    const { name, value: content, valueFrom } = (entry ?? {}) as Fields;
    if (typeof name !== 'string' || name === '') report('error', `spec.env[${i}]`, 'Expected {name, value}.');
    else if (typeof content === 'string') env[name] = content;
    else if (valueFrom === undefined) {
      report('error', `spec.env[${i}]`, `Expected text for ${name} but found ${show(content)}. Put it in quotes.`);
    }
  });
  if (env.NUCLIO_NODEJS_WRAPPER_PATH === undefined) {
    const message =
      "NUCLIO_NODEJS_WRAPPER_PATH is missing: nuclio's own wrapper before 1.15 ends at requests above 64 KiB, which is nearly every image.";
    report('error', 'spec.env', message);
  }
  try {
    readFunctionSettings(env);
  } catch (error) {
    // The function would not start.
    report('error', 'spec.env', errorText(error));
  }
  return env;
}

function checkBuild(build: Fields, report: Report): string[] {
  const { baseImage } = build;
  if (typeof baseImage !== 'string' || baseImage === '') {
    report(
      'error',
      'spec.build.baseImage',
      "Missing: nuclio's default is node:10.20-alpine, in which nothing here runs.",
    );
  } else {
    if (/alpine/.test(baseImage)) {
      report(
        'error',
        'spec.build.baseImage',
        `${baseImage} has musl; onnxruntime-node needs glibc. Take a Debian image, such as node:22-bookworm-slim.`,
      );
    }
    const version = /^(?:docker\.io\/)?(?:library\/)?node:(\d+)/.exec(baseImage)?.[1];
    if (version !== undefined && Number(version) < 20) {
      report('error', 'spec.build.baseImage', `${baseImage} is too old: Node.js 20.19 or later is needed.`);
    }
  }
  const directives = mapAt(build, 'directives');
  const commands = Array.isArray(build.commands) ? build.commands : [];
  if (commands.length > 0 && Object.keys(directives).length > 0) {
    report(
      'error',
      'spec.build.commands',
      'nuclio ignores build.directives where there are build.commands. Keep one of them.',
    );
  }
  const postCopy = Array.isArray(directives.postCopy) ? (directives.postCopy as Fields[]) : [];
  return postCopy.filter(({ kind }) => kind === 'RUN').map(({ value }) => String(value));
}

function checkTriggers(value: unknown, report: Report): { workers: number; maxRequestBodySize: number } {
  const triggers = Object.entries((value ?? {}) as Record<string, Fields>).filter(
    ([, trigger]) => trigger?.kind === 'http',
  );
  if (triggers.length !== 1) {
    report('error', 'spec.triggers', `Expected one trigger of kind http but found ${triggers.length}.`);
    return { workers: 1, maxRequestBodySize: 4 * 2 ** 20 };
  }
  const [name, trigger] = triggers[0];
  const at = `spec.triggers.${name}`;
  const workers = trigger.numWorkers ?? trigger.maxWorkers ?? 1;
  if (!Number.isInteger(workers) || (workers as number) < 1) {
    report('error', `${at}.numWorkers`, `Expected a whole number from 1 but found ${show(workers)}.`);
  }
  if (trigger.maxWorkers !== undefined) {
    report('warning', `${at}.maxWorkers`, 'nuclio from 1.15 does not know maxWorkers; from 1.13 on it is numWorkers.');
  }
  const size = mapAt(trigger, 'attributes').maxRequestBodySize;
  if (!Number.isInteger(size)) {
    report(
      'error',
      `${at}.attributes.maxRequestBodySize`,
      'Missing: nuclio refuses requests above 4 MiB, which many images are.',
    );
  } else if ((size as number) < 32 * 2 ** 20) {
    report(
      'warning',
      `${at}.attributes.maxRequestBodySize`,
      `${String(size)} bytes hold an image file of ${Math.floor(((size as number) * 3) / 4 / 1e6)} MB.`,
    );
  }
  return { workers: Number(workers) || 1, maxRequestBodySize: Number(size) || 4 * 2 ** 20 };
}

/** Seconds of a duration in Go's notation, or null. */
function duration(value: unknown): number | null {
  if (typeof value !== 'string' || !/^(\d+(\.\d+)?(h|m|s|ms))+$/.test(value)) return null;
  const seconds: Record<string, number> = { h: 3600, m: 60, s: 1, ms: 0.001 };
  let sum = 0;
  for (const [, amount, , unit] of value.matchAll(/(\d+(\.\d+)?)(ms|h|m|s)/g)) sum += Number(amount) * seconds[unit];
  return sum;
}

function show(value: unknown): string {
  return value === undefined ? 'nothing' : JSON.stringify(value);
}
