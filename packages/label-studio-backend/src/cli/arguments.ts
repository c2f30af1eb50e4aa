import { parseArgs } from 'node:util';
import { Problem } from '../problems/index.js';

/** One option of a command. */
export interface Flag {
  /** `text` options take a value, `list` ones several: repeated, or with commas. */
  readonly type: 'text' | 'number' | 'switch' | 'list';
  readonly help: string;
  /** Stands for the value in the help. */
  readonly value?: string;
  /** Another name of the option. */
  readonly also?: string;
  /** Environment variables that give it too, the first that is set counts. */
  readonly env?: readonly string[];
  readonly default?: string;
}

export interface Command {
  readonly name: string;
  readonly summary: string;
  readonly flags: Readonly<Record<string, Flag>>;
  readonly examples: readonly string[];
}

/** Values as they were given; what was not given is undefined. */
export interface Values {
  text(name: string): string | undefined;
  number(name: string, min?: number, max?: number): number | undefined;
  on(name: string): boolean;
  list(name: string): readonly string[];
  /** As {@link Values.list}, but each as it was given, commas and all. */
  texts(name: string): readonly string[];
}

/** Bad use of the command line: exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** @throws UsageError */
export function readArguments(
  command: Command,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
): Values & { help: boolean } {
  let values: Record<string, string | boolean | (string | boolean)[] | undefined>;
  try {
    ({ values } = parseArgs({
      args: [...args],
      allowPositionals: false,
      options: {
        help: { type: 'boolean', short: 'h' },
        ...Object.fromEntries(
          Object.entries(command.flags).flatMap(([name, { type, also }]) => {
            const option =
              type === 'switch' ? { type: 'boolean' as const } : { type: 'string' as const, multiple: type === 'list' };
            return [name, ...(also === undefined ? [] : [also])].map((one) => [one, option]);
          }),
        ),
      },
    }));
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
  const raw = (name: string): string | readonly string[] | boolean | undefined => {
    const flag = command.flags[name];
    const given = values[name] ?? (flag?.also === undefined ? undefined : values[flag.also]);
    if (given !== undefined) return given as string | readonly string[] | boolean;
    for (const variable of flag?.env ?? []) {
      const text = env[variable];
      if (text !== undefined && text !== '') return text;
    }
    return flag?.default;
  };
  const text = (name: string) => {
    const value = raw(name);
    return typeof value === 'string' && value !== '' ? value : undefined;
  };
  const texts = (name: string): readonly string[] => {
    const value = raw(name);
    return typeof value === 'string' ? [value] : Array.isArray(value) ? (value as string[]) : [];
  };
  return {
    help: values.help === true,
    text,
    number(name, min = 0, max = Number.MAX_SAFE_INTEGER) {
      const given = text(name);
      if (given === undefined) return undefined;
      const value = Number(given);
      if (!(value >= min && value <= max)) {
        throw new UsageError(`Expected a number from ${min} to ${max} for --${name} but received "${given}".`);
      }
      return value;
    },
    on(name) {
      const value = raw(name);
      return value === true || (typeof value === 'string' && /^(?:1|true|yes|on)$/i.test(value));
    },
    list: (name) =>
      texts(name)
        .flatMap((part) => part.split(','))
        .map((part) => part.trim())
        .filter((part) => part !== ''),
    texts,
  };
}

/** @throws UsageError where the value is missing */
export function required(values: Values, command: Command, name: string): string {
  const value = values.text(name);
  if (value !== undefined) return value;
  const env = command.flags[name].env?.[0];
  throw new UsageError(`Expected --${name}${env === undefined ? '' : ` (or ${env})`}. ${command.flags[name].help}`);
}

export function commandHelp(program: string, command: Command): string {
  const rows = Object.entries(command.flags).map(([name, flag]) => {
    const left = `  --${name}${flag.type === 'switch' ? '' : ` ${flag.value ?? 'VALUE'}`}`;
    const more = [
      ...(flag.also === undefined ? [] : [`also --${flag.also}`]),
      ...(flag.default === undefined ? [] : [`default ${flag.default}`]),
      ...(flag.env === undefined ? [] : [flag.env.join(', ')]),
    ];
    return [left, `${flag.help}${more.length === 0 ? '' : ` [${more.join('; ')}]`}`] as const;
  });
  rows.push(['  -h, --help', 'Shows this.']);
  const width = Math.max(...rows.map(([left]) => left.length)) + 2;
  const lines = rows.map(([left, right]) => `${left.padEnd(width)}${wrap(right, 100 - width, width)}`);
  const name = command.name === 'serve' ? `${program} [serve]` : `${program} ${command.name}`;
  return [
    command.summary,
    '',
    `Usage: ${name} [options]`,
    '',
    'Options:',
    ...lines,
    '',
    'Examples:',
    ...command.examples.map((example) => `  ${example}`),
    '',
  ].join('\n');
}

function wrap(text: string, width: number, indent: number): string {
  const lines: string[] = [''];
  for (const word of text.split(' ')) {
    const last = lines[lines.length - 1];
    if (last !== '' && last.length + word.length + 1 > width) lines.push(word);
    else lines[lines.length - 1] = last === '' ? word : `${last} ${word}`;
  }
  return lines.join(`\n${' '.repeat(indent)}`);
}

/** @throws UsageError */
export function oneOf<T extends string>(name: string, value: string | undefined, allowed: readonly T[]): T | undefined {
  if (value === undefined) return undefined;
  const found = allowed.find((one) => one === value);
  if (found === undefined)
    throw new UsageError(`Expected --${name} to be one of ${allowed.join(', ')} but received "${value}".`);
  return found;
}

/** Shows an error to a person: the message, and what to do. */
export function explain(error: unknown, advice: (problem: Problem) => string): string {
  if (error instanceof Problem) {
    const more = advice(error);
    return more === '' ? error.message : `${error.message}\n${more}`;
  }
  return error instanceof Error ? error.message : String(error);
}
