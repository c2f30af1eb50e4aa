/** What Label Studio said at `/setup`, for the requests that leave it out. */
export interface SetupStore {
  remember(project: string, schema: string | undefined, token: string | undefined): void;
  schema(project: string): string | undefined;
  /** The last token that was sent. */
  token(): string | undefined;
}

export function createSetupStore(maxProjects = 500): SetupStore {
  const schemas = new Map<string, string>();
  let lastToken: string | undefined;
  return {
    remember(project, schema, token) {
      if (schema !== undefined && schema.length <= 1_000_000) {
        schemas.delete(project);
        schemas.set(project, schema);
      }
      for (const oldest of schemas.keys()) {
        if (schemas.size <= maxProjects) break;
        schemas.delete(oldest);
      }
      // What cannot be in a header is no token.
      if (token !== undefined && /^[\x21-\x7e]{6,4096}$/.test(token)) lastToken = token;
    },
    schema: (project) => schemas.get(project),
    token: () => lastToken,
  };
}
