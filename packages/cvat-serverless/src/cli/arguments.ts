import { type ParseArgsConfig, parseArgs } from 'node:util';

/** Bad use of the command line: shown with the way to the help, exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

type Values = Record<string, string | boolean | (string | boolean)[] | undefined>;

/** What was given to a command. */
export interface Arguments {
  readonly positionals: readonly string[];
  text(name: string): string | undefined;
  texts(name: string): readonly string[];
  flag(name: string): boolean;
  /** @throws UsageError */
  number(name: string, min: number, max: number): number | undefined;
  /** @throws UsageError */
  choice<T extends string>(name: string, values: readonly T[]): T | undefined;
  /** @throws UsageError where it is missing */
  required(name: string): string;
}

/**
 * Reads options and positional arguments.
 *
 * @throws UsageError for an unknown option or a missing value
 */
export function readArguments(args: readonly string[], options: NonNullable<ParseArgsConfig['options']>): Arguments {
  let values: Values;
  let positionals: string[];
  try {
    // A negative click begins with a hyphen nowhere, so nothing has to be kept apart.
    ({ values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true }) as {
      values: Values;
      positionals: string[];
    });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
  const text = (name: string): string | undefined => values[name] as string | undefined;
  return {
    positionals,
    text,
    texts: (name) => (values[name] as string[] | undefined) ?? [],
    flag: (name) => values[name] === true,
    number(name, min, max) {
      const value = text(name);
      if (value === undefined) return undefined;
      const parsed = Number(value);
      if (value.trim() === '' || !(parsed >= min && parsed <= max)) {
        throw new UsageError(`Expected a number from ${min} to ${max} for --${name} but received "${value}".`);
      }
      return parsed;
    },
    choice(name, allowed) {
      const value = text(name);
      if (value === undefined) return undefined;
      const found = allowed.find((one) => one === value);
      if (found === undefined)
        throw new UsageError(`Expected ${allowed.join(', ')} for --${name} but received "${value}".`);
      return found;
    },
    required(name) {
      const value = text(name);
      if (value === undefined || value === '') throw new UsageError(`--${name} is missing.`);
      return value;
    },
  };
}

/** `NAME=VALUE` pairs. */
export function readPairs(option: string, values: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    values.map((pair) => {
      const at = pair.indexOf('=');
      if (at < 1) throw new UsageError(`Expected NAME=VALUE for --${option} but received "${pair}".`);
      return [pair.slice(0, at), pair.slice(at + 1)];
    }),
  );
}
