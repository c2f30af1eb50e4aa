import { createOfferedTokens, type OfferedTokens, type TokenSource } from '../client/index.js';

/** What Label Studio said at `/setup`, for the requests that leave it out; of each project for itself. */
export interface SetupStore {
  remember(project: string, schema: string | undefined, token: string | undefined): void;
  schema(project: string): string | undefined;
  /** Undefined where the project was not set up. */
  tokens(project: string): OfferedTokens | undefined;
  /** Of the project that was set up last. */
  readonly kind: TokenSource['kind'];
  readonly state: TokenSource['state'];
}

export interface SetupStoreOptions {
  readonly makeTokens: (token: string) => TokenSource;
  /** Bytes of all projects together; the largest go first, of equal ones that set up longest ago. Default 32 MB. */
  readonly maxBytes?: number;
}

interface Project {
  readonly schema?: string;
  readonly tokens: OfferedTokens;
}

const maxSchema = 1_000_000;
const maxToken = 4096;

export function createSetupStore({ makeTokens, maxBytes = 32e6 }: SetupStoreOptions): SetupStore {
  const projects = new Map<string, Project>();
  let bytes = 0;
  let last: OfferedTokens | undefined;
  // Two bytes a character, and room for two tokens.
  const sizeOf = ({ schema = '' }: Project) => 2 * schema.length + 4 * maxToken;

  function drop(name: string): void {
    const project = projects.get(name);
    if (project === undefined) return;
    projects.delete(name);
    bytes -= sizeOf(project);
  }

  /** The first of the largest: a few that are huge do not push out a thousand that are not. */
  function largest(): string {
    let [found, most] = ['', -1];
    for (const [name, project] of projects) {
      const size = sizeOf(project);
      if (size > most) [found, most] = [name, size];
    }
    return found;
  }

  return {
    remember(name, given, token) {
      const known = projects.get(name);
      const schema = given !== undefined && given.length <= maxSchema ? given : known?.schema;
      const project = { schema, tokens: known?.tokens ?? createOfferedTokens(makeTokens) };
      // What cannot be in a header is no token.
      if (token !== undefined && token.length <= maxToken && /^[\x21-\x7e]{6,}$/.test(token)) {
        project.tokens.offer(token);
      }
      drop(name);
      projects.set(name, project);
      bytes += sizeOf(project);
      last = project.tokens;
      while (bytes > maxBytes) drop(largest());
    },
    schema: (name) => projects.get(name)?.schema,
    tokens: (name) => projects.get(name)?.tokens,
    get kind() {
      return last?.kind ?? 'none';
    },
    get state() {
      return last?.state ?? 'none';
    },
  };
}
