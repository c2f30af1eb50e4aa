import { Problem } from '../problems/index.js';
import type { TokenSource } from './tokens.js';

/** A token source that receives new tokens while it is in use. */
export interface OfferedTokens extends TokenSource {
  /** The token in use. */
  readonly token: string | undefined;
  offer(token: string): void;
}

interface Offer {
  readonly token: string;
  readonly source: TokenSource;
  /** The header that it returned last. */
  header?: string;
  hasWorked: boolean;
}

/**
 * The latest token is used, but a token that has worked stays in use until it is refused. Otherwise anyone who reaches
 * `/setup` could replace it by a useless one.
 */
export function createOfferedTokens(make: (token: string) => TokenSource): OfferedTokens {
  let current: Offer | undefined;
  let newer: Offer | undefined;

  /** Whether there is another token than the refused one. */
  function replace(refused: Offer): boolean {
    if (current !== refused) return true;
    refused.hasWorked = false;
    if (newer === undefined) return false;
    current = newer;
    newer = undefined;
    return true;
  }

  return {
    get kind() {
      return current?.source.kind ?? 'none';
    },
    get token() {
      return current?.token;
    },
    offer(token) {
      newer = undefined;
      if (token === current?.token) return;
      const offer = { token, source: make(token), hasWorked: false };
      if (current?.hasWorked === true) newer = offer;
      else current = offer;
    },
    async authorization(signal) {
      while (current !== undefined) {
        const used = current;
        try {
          used.header = await used.source.authorization(signal);
          return used.header;
        } catch (error) {
          const isRefused = error instanceof Problem && error.reason === 'token-refused';
          if (!isRefused || !replace(used)) throw error;
        }
      }
      return undefined;
    },
    refused(header) {
      if (current === undefined) return false;
      if (current.header !== header) return true;
      return current.source.refused(header) || replace(current);
    },
    accepted(header) {
      if (current?.header !== header) return;
      current.hasWorked = true;
      current.source.accepted?.(header);
    },
    get state() {
      return current?.source.state ?? 'none';
    },
  };
}
