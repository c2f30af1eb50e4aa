import { expect, it, onTestFinished } from 'vitest';
import { type FakeCvatOptions, startFakeCvat } from '../../test/support/fake-cvat.js';
import { createCvatClient } from '../client/index.js';
import { checkCvat } from './check-cvat.js';
import { checkFunctionYaml } from './check-function-yaml.js';
import type { CheckReport } from './check-report.js';
import { writeFunctionYaml } from './function-yaml.js';

function folder(env: Record<string, string>, change = (yaml: string) => yaml): CheckReport {
  const yaml = writeFunctionYaml({
    name: 'clickmask',
    displayName: 'Clickmask',
    description: 'd',
    helpMessage: 'h',
    target: 'cpu',
    baseImage: 'node:22-bookworm-slim',
    buildCommands: [],
    preCopy: [],
    workers: 1,
    workersKey: 'numWorkers',
    maxBodyMb: 128,
    eventTimeoutSeconds: 30,
    env,
    optionalBox: true,
  });
  return { findings: [], config: checkFunctionYaml(change(yaml)).config };
}

async function compare(options: FakeCvatOptions, report: CheckReport, credentials = false) {
  const server = await startFakeCvat(options);
  onTestFinished(() => server.close());
  const auth = credentials ? { accessToken: 'secret' } : undefined;
  const { findings } = await checkCvat(server.url, createCvatClient({ url: server.url, auth }), [report], {
    credentials,
  });
  return findings.map(({ level, at, message }) => `${level}: ${at}: ${message}`);
}

it.each([
  ['2.54.1', 'mask-bounds', null],
  ['2.54.1', 'mask', /^warning: CLICKMASK_REPLY: mask works, but CVAT 2\.54\.1 also reads mask-bounds/],
  ['2.54.1', 'shapes', /^error: CLICKMASK_REPLY: CVAT 2\.54\.1 cannot read shapes: .* mask and mask-bounds/],
  ['2.59.1', 'mask-bounds', null],
  ['2.60.0', 'mask', /^warning: CLICKMASK_REPLY: mask works, but CVAT 2\.60\.0 also reads shapes/],
  ['2.60.0', 'mask-bounds', /^error: CLICKMASK_REPLY/],
  ['2.80.0', 'shapes', null],
  ['2.80.0', 'mask-bounds', /^error: CLICKMASK_REPLY: .* Set CLICKMASK_REPLY to shapes/],
  ['2.2.0', 'mask', /^error: CLICKMASK_REPLY: CVAT 2\.2\.0 reads no masks/],
  ['develop', 'mask', /^warning: CLICKMASK_REPLY: Nothing is known of CVAT "develop"/],
])('CVAT %s and the reply %s', async (version, reply, expected) => {
  const findings = (await compare({ version }, folder({ CLICKMASK_REPLY: reply }))).filter((one) => !/box/.test(one));
  expect(findings).toEqual(expected === null ? [] : [expect.stringMatching(expected)]);
});

it('reads the reply of a running function, and of CLICKMASK_REPLY=auto', async () => {
  const run = { model: 'm', reply: 'shapes', clickMs: [1], area: 1 } as const;
  expect(await compare({}, { findings: [], run })).toEqual([
    expect.stringMatching(/^error: the running function: CVAT 2\.54\.1 cannot read shapes/),
  ]);
  const auto = { CLICKMASK_REPLY: 'auto', CLICKMASK_CVAT_VERSION: '2.80' };
  expect(await compare({}, folder(auto))).toEqual([expect.stringMatching(/cannot read shapes/)]);
});

it('says where the box cannot be drawn', async () => {
  expect(await compare({ version: '2.16.2' }, folder({ CLICKMASK_REPLY: 'mask-bounds' }))).toEqual([
    expect.stringMatching(/startswith_box_optional: CVAT 2\.16\.2 does not know it \(2\.16\.3/),
  ]);
});

it('compares what is deployed with the folder', async () => {
  const report = folder({ CLICKMASK_REPLY: 'mask-bounds' });
  expect(await compare({}, report, true)).toEqual([
    expect.stringMatching(/^warning: metadata\.annotations\.min_pos_points: CVAT lists 1, the folder has 0/),
  ]);
  const same = folder({ CLICKMASK_REPLY: 'mask-bounds' }, (yaml) => yaml.replace('points: "0"', 'points: "1"'));
  expect(await compare({}, same, true)).toEqual([]);
  const other = folder({ CLICKMASK_REPLY: 'mask-bounds' }, (yaml) => yaml.replace('name: "clickmask"', 'name: "mine"'));
  expect(await compare({}, other, true)).toEqual([
    expect.stringMatching(/^warning: metadata\.name: CVAT lists no mine, but clickmask\. Deploy it/),
  ]);
});
