import type { Command, LazyCommand, Option, Program } from './command.js';

const width = 100;

/** A command, its module loaded. */
export async function loadCommand(command: Command | LazyCommand): Promise<Command> {
  return 'load' in command ? command.load() : command;
}

/** The text of `PROGRAM --help`. */
export async function programHelp({ name, summary, fallback, ...program }: Program): Promise<string> {
  const commands = await Promise.all(program.commands.map(loadCommand));
  const column = Math.max(...commands.map((command) => command.name.length)) + 2;
  return [
    summary,
    '',
    `Usage: ${name} <command> [options]`,
    '',
    'Commands:',
    ...commands.map((command) => `  ${command.name.padEnd(column)}${wrap(command.summary, column + 2)}`),
    '',
    'Examples:',
    ...commands.map(({ examples }) => `  ${examples[0]}`),
    '',
    `'${name} <command> --help' explains a command.${fallback === undefined ? '' : ` Without a command, ${fallback.name} is meant.`}`,
    'Exit code: 0 success, 1 failure, 2 wrong use.',
    '',
  ].join('\n');
}

/** The text of `PROGRAM COMMAND --help`. */
export function commandHelp(program: Program, command: Command): string {
  const { name, about, args, options, notes, examples } = command;
  const rows = Object.entries(options).map(([key, option]) => [left(key, option), right(option)] as const);
  rows.push(['  -h, --help', 'Shows this.']);
  const column = Math.min(26, Math.max(...rows.map(([text]) => text.length)) + 2);
  const called = `${program.name} ${command === program.fallback ? `[${name}]` : name}`;
  return [
    command.summary,
    '',
    `Usage: ${called}${args === undefined ? '' : ` ${args.usage}`} [options]`,
    '',
    ...(about === undefined ? [] : [about.trim(), '']),
    'Options:',
    ...rows.map(([text, says]) => {
      const fits = text.length + 2 <= column;
      return `${fits ? text.padEnd(column) : `${text}\n${' '.repeat(column)}`}${wrap(says, column)}`;
    }),
    '',
    ...(notes === undefined ? [] : [notes.trim(), '']),
    'Examples:',
    ...examples.map((example) => `  ${example}`),
    '',
  ].join('\n');
}

function left(name: string, option: Option): string {
  if (option.type === 'switch') return `  --${name}`;
  const value = shownChoices(option) ?? option.value;
  return `  --${name} ${value ?? (option.type === 'number' || option.type === 'whole' ? 'N' : 'VALUE')}`;
}

/** A few short choices replace the placeholder. Others are listed after the explanation. */
function shownChoices(option: Option): string | undefined {
  if (!('choices' in option) || option.choices === undefined || option.value !== undefined) return undefined;
  return option.choices.join('|');
}

function right(option: Option): string {
  const isListed = 'choices' in option && option.choices !== undefined && shownChoices(option) === undefined;
  const more = [
    ...(isListed ? [option.choices.join(', ')] : []),
    ...('default' in option && option.default !== undefined ? [`default ${option.default}`] : []),
    ...(option.type === 'texts' || option.type === 'list' ? ['may be repeated'] : []),
    ...(option.also === undefined ? [] : [`also --${option.also}`]),
    ...(option.env ?? []),
  ];
  return `${option.help}${more.length === 0 ? '' : ` [${more.join('; ')}]`}`;
}

function wrap(text: string, indent: number): string {
  const lines = [''];
  for (const word of text.split(' ')) {
    const last = lines[lines.length - 1];
    if (last !== '' && last.length + word.length + 1 > width - indent) lines.push(word);
    else lines[lines.length - 1] = last === '' ? word : `${last} ${word}`;
  }
  return lines.join(`\n${' '.repeat(indent)}`);
}
