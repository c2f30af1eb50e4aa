import { parseArgs } from 'node:util';
import {
  type Arguments,
  type Command,
  type Given,
  type Option,
  type Options,
  UsageError,
  type Values,
} from './command.js';

/**
 * Parses a command line.
 *
 * @throws UsageError for unknown options, missing or invalid values, and too few or too many arguments
 */
export function readCommandLine<O extends Options>(
  { options, args: expected }: Pick<Command<O>, 'options' | 'args'>,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
): Given<O> {
  const { values: given, positionals } = parse(options, args);
  const values = Object.entries(options).map(([name, option]) => [name, readValue(name, option, given, env)]);
  checkCount(positionals, expected);
  return { values: Object.fromEntries(values) as Values<O>, args: positionals };
}

type Parsed = Readonly<Record<string, string | boolean | readonly string[] | undefined>>;

function parse(options: Options, args: readonly string[]): { values: Parsed; positionals: string[] } {
  const known = Object.fromEntries(
    Object.entries(options).flatMap(([name, { type, also }]) => {
      const option =
        type === 'switch'
          ? { type: 'boolean' as const }
          : { type: 'string' as const, multiple: type === 'list' || type === 'texts' };
      return [name, ...(also === undefined ? [] : [also])].map((one) => [one, option]);
    }),
  );
  const takesValue = (arg: string) => arg.startsWith('--') && known[arg.slice(2)]?.type === 'string';
  try {
    return parseArgs({ args: joinNegative(args, takesValue), options: known, allowPositionals: true }) as {
      values: Parsed;
      positionals: string[];
    };
  } catch (error) {
    // Node's second sentence, about `--`, does not help here.
    const message = error instanceof Error ? error.message : String(error);
    throw new UsageError(`${message.split('. ')[0].replace(/\.?$/, '.')}`);
  }
}

/** A value that begins like a negative number is a value, as in `--click -5,1`. */
function joinNegative(args: readonly string[], takesValue: (arg: string) => boolean): string[] {
  const joined: string[] = [];
  for (const arg of args) {
    const last = joined.at(-1);
    if (last !== undefined && /^-\.?\d/.test(arg) && takesValue(last)) joined[joined.length - 1] = `${last}=${arg}`;
    else joined.push(arg);
  }
  return joined;
}

function readValue(name: string, option: Option, given: Parsed, env: NodeJS.ProcessEnv): unknown {
  const { source, raw } = rawOf(name, option, given, env);
  if (option.type === 'switch') return raw === true || (typeof raw === 'string' && readSwitch(source, raw));
  if (option.type === 'texts' || option.type === 'list') {
    const texts = raw === undefined ? [] : ([raw].flat() as string[]);
    const list = option.type === 'texts' ? texts : texts.flatMap((text) => text.split(',')).map((text) => text.trim());
    const items = list.filter((text) => text !== '');
    if (items.length === 0) checkRequired(name, option);
    if (option.type === 'list') for (const item of items) checkChoice(source, item, option.choices);
    return items;
  }
  if (raw === undefined || raw === '') {
    if (raw === '' && option.type !== 'text')
      throw new UsageError(`Expected a number for ${source} but received nothing.`);
    if (option.default === undefined) checkRequired(name, option);
    return option.default;
  }
  if (option.type === 'text') {
    checkChoice(source, raw as string, option.choices);
    return raw;
  }
  return readNumber(source, raw as string, option);
}

/** Options that were given, with the source (option or variable) that messages name. */
function rawOf(name: string, { also, env: variables = [] }: Option, given: Parsed, env: NodeJS.ProcessEnv) {
  for (const one of also === undefined ? [name] : [name, also]) {
    if (given[one] !== undefined) return { source: `--${one}`, raw: given[one] };
  }
  const variable = variables.find((one) => env[one] !== undefined && env[one] !== '');
  return variable === undefined ? { source: `--${name}` } : { source: variable, raw: env[variable] };
}

function readSwitch(source: string, text: string): boolean {
  if (/^(?:1|true|yes|on)$/i.test(text)) return true;
  if (/^(?:0|false|no|off)$/i.test(text)) return false;
  throw new UsageError(`Expected 1 or 0 for ${source} but received '${text}'.`);
}

/**
 * Parses a number in an option's value.
 *
 * @throws UsageError
 */
export function readNumber(
  source: string,
  text: string,
  {
    type = 'number',
    min = 0,
    max = Number.MAX_SAFE_INTEGER,
  }: { type?: 'number' | 'whole'; min?: number; max?: number },
): number {
  const value = text.trim() === '' ? Number.NaN : Number(text);
  if (value >= min && value <= max && (type === 'number' || Number.isInteger(value))) return value;
  const kind = type === 'whole' ? 'a whole number' : 'a number';
  const range = max === Number.MAX_SAFE_INTEGER ? `from ${min}` : `from ${min} to ${max}`;
  throw new UsageError(`Expected ${kind} ${range} for ${source} but received '${text}'.`);
}

function checkChoice(source: string, text: string, choices: readonly string[] | undefined): void {
  if (choices === undefined || choices.includes(text)) return;
  throw new UsageError(`Expected one of ${choices.join(', ')} for ${source} but received '${text}'.`);
}

function checkRequired(name: string, option: Option): void {
  if (!('required' in option)) return;
  const also = option.env === undefined ? '' : ` (or ${option.env[0]})`;
  throw new UsageError(`Expected --${name}${also}. ${option.help}`);
}

function checkCount(args: readonly string[], expected: Arguments | undefined): void {
  const { min, max } = expected ?? { min: 0, max: 0 };
  if (args.length >= min && args.length <= max) return;
  const found = args.length === 0 ? 'nothing' : `'${args[Math.min(max, args.length - 1)]}'`;
  const more = args.length > max && max > 0 ? ' too' : '';
  throw new UsageError(`Expected ${expected?.expected ?? 'options only'} but received ${found}${more}.`);
}
