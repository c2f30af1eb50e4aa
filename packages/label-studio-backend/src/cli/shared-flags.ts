import type { Flag } from './arguments.js';

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
