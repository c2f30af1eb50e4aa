import { codeBlocksOf } from './blocks-of.js';

/** A command as a document prints it. */
export interface DocumentedCommand {
  /** Such as `README.md:15`. */
  readonly place: string;
  /** One line: continuations joined, remarks at the end left out. */
  readonly command: string;
}

const programs =
  /^(\w+=\S+ )*(npx|npm|node|sh|cp|echo|export|clickmask|nuctl|docker|pip|python3?|torchrun|uv|tritonserver|mlserver|kubectl|helm|cvat-cli|scripts\/|\.venv|\.ci|cd|mkdir|git|curl)\b/;

/**
 * The commands of a Markdown text: lines of `sh` blocks, and of blocks without a language, that begin with a program.
 *
 * @param text - the document
 * @param file - its name, for the places
 */
export function commandsOf(text: string, file: string): readonly DocumentedCommand[] {
  return shellLinesOf(text, file).filter(({ command }) => programs.test(command));
}

/** Lines of `sh` blocks, and of blocks that hold a command, that are none: a test would pass over them. */
export function unknownLinesOf(text: string, file: string): readonly DocumentedCommand[] {
  return shellLinesOf(text, file).filter(({ command }) => !programs.test(command));
}

/** Whether a block without a language is one of commands. */
export function isShell(code: string): boolean {
  return code.split('\n').some((line) => programs.test(line));
}

function shellLinesOf(text: string, file: string): DocumentedCommand[] {
  return codeBlocksOf(text, file).flatMap(({ place, language, code, reason }) => {
    const isCommands = language === 'sh' || language === 'bash' || (language === '' && isShell(code));
    return isCommands && reason === null ? linesOf(code, Number(place.split(':')[1]), file) : [];
  });
}

function linesOf(code: string, first: number, file: string): DocumentedCommand[] {
  const found: DocumentedCommand[] = [];
  let pending: { line: number; text: string } | undefined;
  code.split('\n').forEach((raw, index) => {
    const line = raw.trim();
    pending =
      pending === undefined ? { line: first + index, text: line } : { ...pending, text: `${pending.text} ${line}` };
    if (pending.text.endsWith('\\')) {
      pending = { ...pending, text: pending.text.slice(0, -1).trim() };
      return;
    }
    const command = pending.text.replace(/(^|\s+)#.*$/, '');
    if (command !== '') found.push({ place: `${file}:${pending.line}`, command });
    pending = undefined;
  });
  return found;
}
