/** One option of a command, as data: from it come the parser, the checks, the types and the help. */
export type Option = {
  /** What `--help` says of it. */
  readonly help: string;
  /** Stands for the value in the help, such as `FILE`. */
  readonly value?: string;
  /** Another name of the option. */
  readonly also?: string;
  /** Environment variables that give it too; the first that is set counts. */
  readonly env?: readonly string[];
} & (
  | { readonly type: 'switch' }
  /** Repeated, each as it was given. */
  | { readonly type: 'texts'; readonly required?: true }
  /** Repeated, or with commas. */
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

/** The values of options: a switch is a boolean and a list a list; what may be missing may be undefined. */
export type Values<O extends Options> = {
  readonly [K in keyof O]: O[K] extends
    | { readonly type: 'switch' | 'list' | 'texts' }
    | { readonly required: true }
    | { readonly default: string | number }
    ? Raw<O[K]>
    : Raw<O[K]> | undefined;
};

/** What a command was called with. */
export interface Given<O extends Options = Options> {
  readonly values: Values<O>;
  /** What is no option, in order. */
  readonly args: readonly string[];
}

/** How many arguments that are no options a command takes. */
export interface Arguments {
  /** As the usage shows them, such as `<image>`. */
  readonly usage: string;
  /** What is expected, for the message where it is not: `one picture`. */
  readonly expected: string;
  readonly min: number;
  readonly max: number;
}

/**
 * What a command touches of the world: results go to `out`, everything else to `err`. Both end a text by a line break
 * where it has none.
 */
export interface Terminal {
  readonly env: NodeJS.ProcessEnv;
  out(text: string | Uint8Array): void;
  err(text: string): void;
  /** Writes over the line that tells how far the work is; '' clears it. Does nothing where there is no screen. */
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
  /** More for its own help, in paragraphs. */
  readonly about?: string;
  /** None where it is missing. */
  readonly args?: Arguments;
  readonly options: O;
  /** Shown after the options, as it stands. */
  readonly notes?: string;
  /** Whole command lines. */
  readonly examples: readonly string[];
  /** Resolves to the exit code; undefined means 0. */
  run(given: Given<O>, terminal: Terminal): Promise<number | undefined>;
}

/**
 * A command, with the types of its options.
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

/** A program with commands. */
export interface Program {
  readonly name: string;
  readonly summary: string;
  readonly commands: readonly Command[];
  /** The command that is meant where none is named. */
  readonly fallback?: Command;
  /** Of the program's package. */
  version(): string;
  /** What is shown of an error, where it is not just its message. */
  explain?(error: unknown): string | undefined;
}

/**
 * The command line was wrong: exit code 2.
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
