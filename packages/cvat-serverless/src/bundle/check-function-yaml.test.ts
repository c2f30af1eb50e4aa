import { describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { checkFunctionYaml } from './check-function-yaml.js';
import { type FunctionYamlOptions, writeFunctionYaml } from './function-yaml.js';

const options: FunctionYamlOptions = {
  name: 'clickmask',
  displayName: 'Clickmask "quick": smart',
  description: 'Clicks: masks # not a comment',
  helpMessage: "It's \\ fine",
  target: 'cpu',
  baseImage: 'node:22-bookworm-slim',
  preCopy: [],
  buildCommands: ['tar -xzf vendor.tgz', 'rm vendor.tgz'],
  workers: 1,
  workersKey: 'numWorkers',
  maxBodyMb: 128,
  eventTimeoutSeconds: 30,
  env: { CLICKMASK_REPLY: 'mask' },
  optionalBox: true,
};

interface Config {
  metadata: { annotations: Record<string, unknown> };
  spec: Record<string, unknown>;
}

/** The findings for a valid description with one thing changed. */
function findings(place: string, value: unknown): string[] {
  const config: unknown = parse(writeFunctionYaml(options));
  const keys = place.split('.');
  const last = keys.pop() as string;
  const parent = keys.reduce((at, key) => (at as Record<string, unknown>)[key], config) as Record<string, unknown>;
  if (value === undefined) delete parent[last];
  else parent[last] = value;
  return checkFunctionYaml(stringify(config)).findings.map(({ level, at }) => `${level} ${at}`);
}

describe('writeFunctionYaml', () => {
  it('writes what the check finds nothing wrong with', () => {
    for (const target of ['cpu', 'gpu'] as const) {
      const text = writeFunctionYaml({ ...options, target, port: 32_001, memory: '1Gi' });
      expect(checkFunctionYaml(text).findings).toEqual([]);
    }
  });

  it('keeps every text as it is, and every annotation text', () => {
    const { metadata, spec } = parse(writeFunctionYaml(options)) as Config;
    expect(metadata.annotations.name).toBe(options.displayName);
    expect(metadata.annotations.help_message).toBe(options.helpMessage);
    expect(spec.description).toBe(options.description);
    for (const value of Object.values(metadata.annotations)) expect(typeof value).toBe('string');
    // CVAT takes any text for true, so a switch that is off is not there.
    expect(metadata.annotations).not.toHaveProperty('startswith_box');
    expect(parse(writeFunctionYaml({ ...options, optionalBox: false })).metadata.annotations).not.toHaveProperty(
      'startswith_box_optional',
    );
  });

  it('asks for a GPU where it should', () => {
    const { spec } = parse(writeFunctionYaml({ ...options, target: 'gpu' })) as Config;
    expect(spec.resources).toEqual({ limits: { 'nvidia.com/gpu': 1 } });
  });
});

describe('checkFunctionYaml', () => {
  it('reads what is needed to run the function', () => {
    expect(checkFunctionYaml(writeFunctionYaml(options)).config).toMatchObject({
      name: 'clickmask',
      annotations: { type: 'interactor', min_pos_points: '0', startswith_box_optional: 'true' },
      handler: 'main:handler',
      env: {
        MALLOC_ARENA_MAX: '2',
        CLICKMASK_REPLY: 'mask',
        NUCLIO_NODEJS_WRAPPER_PATH: '/opt/nuclio/clickmask-wrapper.mjs',
      },
      buildCommands: ['cd /opt/nuclio && tar -xzf vendor.tgz && rm vendor.tgz'],
      workers: 1,
      maxRequestBodySize: 128 * 2 ** 20,
      eventTimeoutMs: 30_000,
    });
  });

  // The finding, the place that is changed, and what is put there; undefined takes it away.
  it.each<[string, string, unknown]>([
    ['error metadata.name', 'metadata.name', 'My_Function'],
    ['error metadata.name', 'metadata.name', undefined],
    ['error metadata.annotations.type', 'metadata.annotations.type', 'segmenter'],
    ['error metadata.annotations.version', 'metadata.annotations.version', undefined],
    ['error metadata.annotations.spec', 'metadata.annotations.spec', '{'],
    ['error metadata.annotations.min_pos_points', 'metadata.annotations.min_pos_points', 'one'],
    ['warning metadata.annotations.min_neg_points', 'metadata.annotations.min_neg_points', undefined],
    ['error metadata.annotations.startswith_box_optional', 'metadata.annotations.startswith_box_optional', 'false'],
    ['error metadata.annotations.startswith_box_optional', 'metadata.annotations.startswith_box_optional', false],
    ['warning metadata.annotations.startswith_box', 'metadata.annotations.startswith_box', 'true'],
    ['error metadata.annotations.help_message', 'metadata.annotations.help_message', { a: 1 }],
    ['error spec.description', 'spec.description', undefined],
    ['error spec.runtime', 'spec.runtime', 'nodejs:20'],
    ['error spec.handler', 'spec.handler', 'main'],
    ['error spec.eventTimeout', 'spec.eventTimeout', 30],
    ['warning spec.eventTimeout', 'spec.eventTimeout', '10s'],
    ['warning spec.eventTimeout', 'spec.eventTimeout', '5m'],
    ['error spec.env', 'spec.env', []],
    ['error spec.env', 'spec.env.3', { name: 'CLICKMASK_REPLI', value: 'mask' }],
    ['error spec.env[3]', 'spec.env.3', { name: 'CLICKMASK_SMOOTH', value: 2 }],
    ['error spec.build.baseImage', 'spec.build.baseImage', undefined],
    ['error spec.build.baseImage', 'spec.build.baseImage', 'node:22-alpine'],
    ['error spec.build.baseImage', 'spec.build.baseImage', 'node:18-bookworm-slim'],
    ['error spec.build.commands', 'spec.build.commands', ['echo 1']],
    ['error spec.triggers', 'spec.triggers', {}],
    ['error spec.triggers.http.numWorkers', 'spec.triggers.http.numWorkers', 0],
    ['warning spec.triggers.http.maxWorkers', 'spec.triggers.http.maxWorkers', 1],
    ['error spec.triggers.http.attributes.maxRequestBodySize', 'spec.triggers.http.attributes', undefined],
    [
      'warning spec.triggers.http.attributes.maxRequestBodySize',
      'spec.triggers.http.attributes.maxRequestBodySize',
      5e6,
    ],
    ['warning spec.platform.attributes.restartPolicy', 'spec.platform', undefined],
  ])('reports: %s', (expected, place, value) => {
    expect(findings(place, value)).toEqual([expected]);
  });

  it.each(['', 'a: [', '- 1', 'text', 'a: 1\na: 2', `a: &a [${'*a,'.repeat(3)}]`])('survives %j', (text) => {
    expect(checkFunctionYaml(text).findings.some(({ level }) => level === 'error')).toBe(true);
  });
});
