/** One option of a command, as data. The parser, the checks, the types and the help are derived from it. */
export type Option = {
  /** Its text in `--help`. */
  readonly help: string;
  /** Placeholder for the value in the help, such as `FILE`. */
  readonly value?: string;
  /** Short name of the option. */
  readonly also?: string;
  /** Environment variables for the same value. The first that is set counts. */
  readonly env?: readonly string[];
} & (
  | { readonly type: 'switch' }
  /** Repeatable; each value is kept as given. */
  | { readonly type: 'texts'; readonly required?: true }
  /** Repeatable, or separated by commas. */
  | { readonly type: 'list'; readonly choices?: readonly string[]; readonly required?: true }
  | {
      readonly type: 'text';
      readonly choices?: readonly string[];
      readonly default?: string;
      readonly required?: true;
    }
  | {
      /** `whole` refuses fractions. */
      readonly type: 'number' | 'whole';
      readonly min?: number;
      readonly max?: number;
      readonly default?: number;
      readonly required?: true;
    }
);

export type Options = Readonly<Record<string, Option>>;

type Raw<O extends Option> = O['type'] extends 'switch'
  ? boolean
  : O['type'] extends 'number' | 'whole'
    ? number
    : O extends { readonly type: 'texts' }
      ? readonly string[]
      : O extends { readonly choices: readonly (infer Choice)[] }
        ? O['type'] extends 'list'
          ? readonly Choice[]
          : Choice
        : O['type'] extends 'list'
          ? readonly string[]
          : string;

/** The values of options. A switch is a boolean; a repeatable option is a list; an optional one may be undefined. */
export type Values<O extends Options> = {
  readonly [K in keyof O]: O[K] extends
    | { readonly type: 'switch' | 'list' | 'texts' }
    | { readonly required: true }
    | { readonly default: string | number }
    ? Raw<O[K]>
    : Raw<O[K]> | undefined;
};

/** The parsed arguments of a command. */
export interface Given<O extends Options = Options> {
  readonly values: Values<O>;
  /** Arguments that are not options, in order. */
  readonly args: readonly string[];
}

/** Number of arguments that a command accepts besides options. */
export interface Arguments {
  /** Their form in the usage line, such as `<image>`. */
  readonly usage: string;
  /** What is expected, for the error message: `one picture`. */
  readonly expected: string;
  readonly min: number;
  readonly max: number;
}

/** A command's output: results go to `out`, everything else to `err`. Both add a missing line break at the end. */
export interface Terminal {
  readonly env: NodeJS.ProcessEnv;
  out(text: string | Uint8Array): void;
  err(text: string): void;
  /** Replaces the progress line; '' clears it. Does nothing without a screen. */
  status(text: string): void;
  /** Whether there is a screen for {@link Terminal.status}. */
  readonly isScreen: boolean;
  /** Resolves when the program is asked to stop. */
  stopped(): Promise<void>;
}

/** One command of a program. */
export interface Command<O extends Options = Options> {
  readonly name: string;
  /** One line. */
  readonly summary: string;
  /** More text for its own help, in paragraphs. */
  readonly about?: string;
  /** None if left out. */
  readonly args?: Arguments;
  readonly options: O;
  /** Shown unchanged after the options. */
  readonly notes?: string;
  /** Complete command lines. */
  readonly examples: readonly string[];
  /** Resolves to the exit code. Undefined means 0. */
  run(given: Given<O>, terminal: Terminal): Promise<number | undefined>;
}

/**
 * A command with the types of its options.
 *
 * @example
 * ```ts
 * import { defineCommand } from '@clickmask/core/adapters';
 *
 * const greet = defineCommand({
 *   name: 'greet',
 *   summary: 'Greets.',
 *   options: { times: { type: 'whole', min: 1, default: 2, help: 'How often.' } },
 *   examples: ['demo greet --times 3'],
 *   async run({ values }, terminal) {
 *     terminal.out('Hello. '.repeat(values.times));
 *     return 0;
 *   },
 * });
 * console.log(greet.name); // greet
 * ```
 */
export function defineCommand<const O extends Options>(command: Command<O>): Command<O> {
  return command;
}

/** A command whose module is loaded only when it is called, so that it does not slow down the others. */
export interface LazyCommand {
  /** As the command has it. */
  readonly name: string;
  load(): Promise<Command>;
}

/** A program with commands. */
export interface Program {
  readonly name: string;
  readonly summary: string;
  readonly commands: readonly (Command | LazyCommand)[];
  /** The command used if none is named. */
  readonly fallback?: Command;
  /** The version of the program's package. */
  version(): string;
  /** How an error is shown, if not by its message alone. */
  explain?(error: unknown): string | undefined;
}

/**
 * Wrong use of the command line: exit code 2.
 *
 * @example
 * ```ts
 * import { UsageError } from '@clickmask/core/adapters';
 *
 * console.log(new UsageError('Expected --out.').name); // UsageError
 * ```
 */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
