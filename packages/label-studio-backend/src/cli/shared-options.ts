import type { Values } from '@clickmask/core/adapters';
import { type InferenceServer, serverFromOptions } from '@clickmask/core/serving';

/** How the commands reach Label Studio. */
export const labelStudioOptions = {
  url: {
    type: 'text',
    value: 'URL',
    also: 'label-studio-url',
    help: 'Address of Label Studio.',
    env: ['LABEL_STUDIO_URL', 'LABEL_STUDIO_HOST'],
    required: true,
  },
  token: {
    type: 'text',
    value: 'TOKEN',
    help: 'Personal access token or legacy token, from Account & Settings.',
    env: ['LABEL_STUDIO_API_KEY', 'LABEL_STUDIO_ACCESS_TOKEN'],
  },
  project: {
    type: 'whole',
    min: 1,
    required: true,
    help: 'Number of the project, from the address of its page.',
  },
} as const;

export const authOptions = {
  user: {
    type: 'text',
    value: 'NAME',
    help: 'User for basic authentication between Label Studio and the backend.',
    env: ['BASIC_AUTH_USER'],
  },
  password: { type: 'text', value: 'TEXT', help: 'Its password.', env: ['BASIC_AUTH_PASS'] },
  'webhook-secret': {
    type: 'text',
    value: 'TEXT',
    help: 'Secret of webhooks, because Label Studio sends no basic authentication with them.',
    env: ['CLICKMASK_WEBHOOK_SECRET'],
  },
} as const;

/** The inference server that runs the network. */
export const engineOptions = {
  engine: {
    type: 'text',
    value: 'URL',
    help: 'Inference server that runs the network, such as grpc://triton:8001. CLICKMASK_ENGINE_TOKEN is its token.',
    env: ['CLICKMASK_ENGINE'],
  },
  'engine-level': {
    type: 'text',
    choices: ['auto', 'click', 'plain'],
    help: 'click: one call per click; plain: one call per graph. Default: auto.',
    env: ['CLICKMASK_ENGINE_LEVEL'],
  },
  'engine-here': {
    type: 'list',
    value: 'GRAPH',
    help: 'Graph that still runs here, such as decoder.',
    env: ['CLICKMASK_ENGINE_HERE'],
  },
} as const;

/** Undefined if the network runs on this machine. */
export function engineOf(values: Values<typeof engineOptions>, env: NodeJS.ProcessEnv): InferenceServer | undefined {
  const here = values['engine-here'];
  return serverFromOptions(values.engine, {
    level: values['engine-level'],
    ...(here.length === 0 ? {} : { here }),
    token: env.CLICKMASK_ENGINE_TOKEN,
  });
}
