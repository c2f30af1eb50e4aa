import { ClickmaskError, isClickmaskError } from '@clickmask/core';
import { withoutSecrets } from '@clickmask/core/adapters';
import { type CvatClient, type CvatFunction, identifyServer } from '../client/index.js';
import { readFunctionSettings } from '../function/index.js';
import { type CvatRelease, cvatRelease, isFrom, isVersion } from '../releases/index.js';
import type { ReplyFormat } from '../replies/index.js';
import { plainText } from '../text/plain.js';
import type { Finding, FunctionConfig } from './check-function-yaml.js';
import type { CheckReport } from './check-report.js';

/** How well functions fit a CVAT server. */
export interface CvatReport {
  readonly findings: readonly Finding[];
  readonly version: string;
  /** What is known of its releases; null before 2.3, and for a version without numbers. */
  readonly release: CvatRelease | null;
}

/**
 * Compares checked functions with a CVAT server: the form of their replies with what its user interface reads and, with
 * credentials, the annotations in its list with those in the folder.
 *
 * @throws ClickmaskError `bad-option` if another server answers; `request-failed`, `deadline-exceeded`
 */
export async function checkCvat(
  url: string,
  client: CvatClient,
  reports: readonly CheckReport[],
  { credentials }: { readonly credentials: boolean },
): Promise<CvatReport> {
  const version = await askVersion(url, client);
  const release = cvatRelease(version);
  const findings: Finding[] = [];
  for (const { config, run } of reports) {
    if (config !== undefined) {
      const reply = replyOf(config);
      if (reply !== null) findings.push(...checkReply('CLICKMASK_REPLY', reply, version, release));
      findings.push(...checkBoxSwitch(config, version));
      if (credentials) findings.push(...checkListed(config, await client.functions.list()));
    } else if (run !== undefined) findings.push(...checkReply('the running function', run.reply, version, release));
  }
  return { findings, version, release };
}

/** The form of a folder's replies; null if its settings are wrong, which is a finding of its own. */
function replyOf({ env }: FunctionConfig): ReplyFormat | null {
  try {
    return readFunctionSettings(env).reply;
  } catch {
    return null;
  }
}

/**
 * The version of a CVAT server, as the server reports it.
 *
 * @throws ClickmaskError `bad-option` if another server answers; `request-failed`, `deadline-exceeded`
 */
export async function askVersion(url: string, client: CvatClient): Promise<string> {
  const about = await client.about().catch((error: unknown) => error);
  const { version } = (about ?? {}) as { readonly version?: unknown };
  if (typeof version === 'string') return plainText(version, 40);
  // If nothing answers, that error is the one to report.
  if (isClickmaskError(about) && (about.details as { readonly status?: number }).status === undefined) {
    if (about.code !== 'bad-format') throw about;
  }
  const { name } = await identifyServer(url);
  throw new ClickmaskError('request-failed', `Expected CVAT at ${withoutSecrets(url)} but found ${name}.`, {
    cause: about,
  });
}

function checkReply(at: string, reply: ReplyFormat, version: string, release: CvatRelease | null): Finding[] {
  if (release === null) {
    const message = isVersion(version)
      ? `CVAT ${version} reads no masks of interactors; 2.3 or later is needed.`
      : `Nothing is known of CVAT "${version}". Every one from 2.3 on reads the reply mask; this is ${reply}.`;
    return [{ level: isVersion(version) ? 'error' : 'warning', at, message }];
  }
  const smallest = release.replies[release.replies.length - 1];
  const advice = `Set CLICKMASK_REPLY to ${smallest} and deploy again, or use init --cvat ${version}.`;
  if (!release.replies.includes(reply)) {
    const read = `its user interface reads ${release.replies.join(' and ')}`;
    const message = `CVAT ${version} cannot read ${reply}: ${read}, as far as is known. ${advice}`;
    return [{ level: 'error', at, message }];
  }
  if (reply === smallest) return [];
  const message = `${reply} works, but CVAT ${version} also reads ${smallest}, which is smaller and faster. ${advice}`;
  return [{ level: 'warning', at, message }];
}

function checkBoxSwitch({ annotations }: FunctionConfig, version: string): Finding[] {
  if (annotations.startswith_box_optional === undefined || isFrom(version, '2.16.3')) return [];
  const message = `CVAT ${version} does not know it (2.16.3 and later do): annotators click, and cannot draw a box first.`;
  return [{ level: 'warning', at: 'metadata.annotations.startswith_box_optional', message }];
}

/** Annotations that CVAT lists for a function, and CVAT's defaults if the description has none. */
const listed: Readonly<Record<string, readonly [(found: CvatFunction) => unknown, string]>> = {
  type: [({ kind }) => kind, ''],
  version: [({ version }) => version, '1'],
  min_pos_points: [(found) => found.min_pos_points, '1'],
  min_neg_points: [(found) => found.min_neg_points, '-1'],
  startswith_box: [(found) => found.startswith_box, 'false'],
  startswith_box_optional: [(found) => found.startswith_box_optional, 'false'],
};

function checkListed({ name, annotations }: FunctionConfig, functions: readonly CvatFunction[]): Finding[] {
  const found = functions.find(({ id }) => id === name);
  if (found === undefined) {
    const others = functions.map(({ id }) => id);
    const list = others.length === 0 ? 'no function' : plainText(others.slice(0, 20).join(', '));
    const advice = 'Deploy it into the project cvat. CVAT must run with its serverless part.';
    return [{ level: 'warning', at: 'metadata.name', message: `CVAT lists no ${name}, but ${list}. ${advice}` }];
  }
  return Object.entries(listed).flatMap(([key, [read, silent]]): Finding[] => {
    const there = read(found);
    const here = annotations[key] ?? silent;
    // CVAT does not list what its version does not know.
    if (there === undefined || String(there) === here) return [];
    const message = `CVAT lists ${plainText(String(there), 40)}, the folder has ${here}: another one is deployed. Deploy again.`;
    return [{ level: 'warning', at: `metadata.annotations.${key}`, message }];
  });
}
