import { type InferenceServer, serverFromOptions } from '@clickmask/core/serving';
import { type Flag, oneOf, type Values } from './arguments.js';

/** How the commands reach Label Studio. */
export const labelStudioFlags = {
  url: {
    type: 'text',
    value: 'URL',
    also: 'label-studio-url',
    help: 'Address of Label Studio.',
    env: ['LABEL_STUDIO_URL', 'LABEL_STUDIO_HOST'],
  },
  token: {
    type: 'text',
    value: 'TOKEN',
    help: 'Personal access token or legacy token, from Account & Settings.',
    env: ['LABEL_STUDIO_API_KEY', 'LABEL_STUDIO_ACCESS_TOKEN'],
  },
  project: { type: 'number', value: 'N', help: 'Number of the project, as in the address of its page.' },
} as const satisfies Record<string, Flag>;

export const authFlags = {
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
    help: 'Secret by which webhooks are let in, since Label Studio sends no basic authentication with them.',
    env: ['CLICKMASK_WEBHOOK_SECRET'],
  },
} as const satisfies Record<string, Flag>;

/** The inference server that runs the network. */
export const engineFlags = {
  engine: {
    type: 'text',
    value: 'URL',
    help: 'Inference server that runs the network, such as grpc://triton:8001; its token: CLICKMASK_ENGINE_TOKEN.',
    env: ['CLICKMASK_ENGINE'],
  },
  'engine-level': {
    type: 'text',
    value: 'LEVEL',
    help: 'auto, click (one call a click) or plain (a call a graph).',
    env: ['CLICKMASK_ENGINE_LEVEL'],
  },
  'engine-here': {
    type: 'list',
    value: 'GRAPH',
    help: 'Graph that still runs here, such as decoder.',
    env: ['CLICKMASK_ENGINE_HERE'],
  },
} as const satisfies Record<string, Flag>;

/** Undefined where the network runs here. */
export function engineOf(values: Values): InferenceServer | undefined {
  const here = values.list('engine-here');
  return serverFromOptions(values.text('engine'), {
    level: oneOf('engine-level', values.text('engine-level'), ['auto', 'click', 'plain']),
    ...(here.length === 0 ? {} : { here }),
    token: process.env.CLICKMASK_ENGINE_TOKEN,
  });
}
