import { readFile } from 'node:fs/promises';
import type { CvatAuth } from '../client/index.js';

export const authHelp = `Credentials come from the environment: CVAT_ACCESS_TOKEN (a personal access token), CVAT_TOKEN (an API key), CVAT_USERNAME
and CVAT_PASSWORD; or --token-file FILE with a personal access token.`;

export const authOptions = {
  'token-file': { type: 'text', value: 'FILE', help: 'A file with a personal access token.' },
} as const;

/** Credentials never come from command-line arguments, which other users of the machine can see. */
export async function readAuth(tokenFile: string | undefined, env: NodeJS.ProcessEnv): Promise<CvatAuth | undefined> {
  if (tokenFile !== undefined) return { accessToken: (await readFile(tokenFile, 'utf8')).trim() };
  if (env.CVAT_ACCESS_TOKEN) return { accessToken: env.CVAT_ACCESS_TOKEN };
  if (env.CVAT_TOKEN) return { token: env.CVAT_TOKEN };
  if (env.CVAT_USERNAME && env.CVAT_PASSWORD) return { username: env.CVAT_USERNAME, password: env.CVAT_PASSWORD };
  return undefined;
}
