import { createOfferedTokens, type OfferedTokens, type TokenSource } from '../client/index.js';

/** Keeps what Label Studio sent at `/setup`, per project, for requests that leave it out. */
export interface SetupStore {
  remember(project: string, schema: string | undefined, token: string | undefined): void;
  schema(project: string): string | undefined;
  /** Undefined if the project was not set up. */
  tokens(project: string): OfferedTokens | undefined;
  /** For the project that was set up last. */
  readonly kind: TokenSource['kind'];
  readonly state: TokenSource['state'];
}

export interface SetupStoreOptions {
  readonly makeTokens: (token: string) => TokenSource;
  /**
   * Bytes of all projects together. The largest entries are dropped first; among equal ones, the oldest. Default 32 MB.
   */
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
  // Two bytes per character, and room for two tokens.
  const sizeOf = ({ schema = '' }: Project) => 2 * schema.length + 4 * maxToken;

  function drop(name: string): void {
    const project = projects.get(name);
    if (project === undefined) return;
    projects.delete(name);
    bytes -= sizeOf(project);
  }

  /** Drops the largest first, so that a few huge entries cannot push out a thousand normal ones. */
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
      // A text that no header can hold is not a token.
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
