import { defineCommand, UsageError, type Values, withoutSecrets } from '@clickmask/core/adapters';
import { webhookSecretHeader } from '../app/index.js';
import { createLabelStudioClient } from '../client/index.js';
import { authOptions, labelStudioOptions } from './shared-options.js';

const options = {
  ...labelStudioOptions,
  token: { ...labelStudioOptions.token, required: true },
  backend: {
    type: 'text',
    value: 'URL',
    help: 'Address at which Label Studio reaches the backend.',
    env: ['CLICKMASK_BACKEND_URL'],
    default: 'http://localhost:9090',
  },
  title: { type: 'text', value: 'TEXT', help: 'Name that Label Studio shows.', default: 'Clickmask' },
  ...authOptions,
} as const;

export const connectCommand = defineCommand({
  name: 'connect',
  summary: 'Registers the running backend with a project, as its interactive model. A second run changes nothing.',
  options,
  examples: [
    'clickmask-label-studio connect --url http://localhost:8080 --token … --project 1',
    'clickmask-label-studio connect --url https://labels.example.com --project 3 --backend http://clickmask:9090',
  ],
  async run({ values }, terminal) {
    const { done, backendId, state, warnings } = await connect(values);
    terminal.out(`The backend is ${done} (number ${backendId}, ${state === 'CO' ? 'connected' : `state ${state}`}).\n`);
    for (const warning of warnings) terminal.err(`Warning: ${warning}\n`);
    return state === 'CO' ? 0 : 1;
  },
});

/** The result of {@link connect}. */
interface Connection {
  readonly backendId: number;
  readonly done: 'added' | 'changed' | 'unchanged';
  readonly state: string;
  /** Warnings to print. */
  readonly warnings: readonly string[];
}

/** @throws UsageError; Problem if Label Studio cannot be reached or refuses */
async function connect(values: Values<typeof options>): Promise<Connection> {
  const { project, title, user, password } = values;
  const client = createLabelStudioClient(values);
  const url = values.backend.replace(/\/+$/, '');
  if ((user === undefined) !== (password === undefined)) {
    throw new UsageError('Expected --user and --password together, or neither.');
  }
  const settings = {
    url,
    project,
    title,
    is_interactive: true,
    ...(user === undefined
      ? { auth_method: 'NONE' as const }
      : { auth_method: 'BASIC_AUTH' as const, basic_auth_user: user, basic_auth_pass: password }),
  };
  await client.project(project);
  const existing = await client.mlBackends(project);
  const own = existing.find((one) => one.url.replace(/\/+$/, '') === url);
  const isSame =
    own?.is_interactive === true &&
    own.state === 'CO' &&
    own.title === title &&
    (own.auth_method ?? 'NONE') === settings.auth_method &&
    user === undefined;
  const saved =
    own === undefined
      ? await client.addMlBackend(settings)
      : isSame
        ? own
        : await client.changeMlBackend(own.id, settings);
  const warnings: string[] = [];
  const first = existing.find((one) => one.is_interactive);
  if (first !== undefined && first.id !== saved.id) {
    warnings.push(
      `Label Studio sends smart clicks to the first interactive backend only, which is "${first.title ?? withoutSecrets(first.url)}" ` +
        `(number ${first.id}). Switch interactive preannotations off there, or remove it.`,
    );
  }
  const webhooks = await client.webhooks(project);
  const hook = webhooks.find((one) => one.url.replace(/\/+$/, '') === `${url}/webhook`);
  if (hook === undefined) {
    warnings.push(
      'Label Studio made no webhook for this address (it refuses host names without a dot). Clicks work without it; ' +
        'add one by hand in Settings, Webhooks, if you need events.',
    );
  } else {
    const headers = hook.headers ?? {};
    const wanted = webhookHeader(values['webhook-secret'], user, password, headers);
    if (wanted !== undefined) {
      const others = Object.entries(headers).filter(([name]) => !sameName(name, wanted[0]));
      await client.setWebhookHeaders(hook.id, Object.fromEntries([...others, wanted]));
    }
  }
  return {
    backendId: saved.id,
    done: own === undefined ? 'added' : isSame ? 'unchanged' : 'changed',
    state: saved.state ?? 'unknown',
    warnings,
  };
}

const sameName = (a: string, b: string) => a.toLowerCase() === b.toLowerCase();

/** The header that the webhook lacks: the secret, or basic authentication if no secret is set. */
function webhookHeader(
  secret: string | undefined,
  user: string | undefined,
  password: string | undefined,
  headers: Readonly<Record<string, unknown>>,
): readonly [string, string] | undefined {
  const present = (name: string) => Object.entries(headers).find(([one]) => sameName(one, name))?.[1];
  if (secret !== undefined) {
    return present(webhookSecretHeader) === secret ? undefined : [webhookSecretHeader, secret];
  }
  if (user === undefined || password === undefined || present('Authorization') !== undefined) return undefined;
  return ['Authorization', `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`];
}
